"""`health`: the present state of data, scores and model, as monitoring has judged it last."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.files import read_json
from aml_pipelines.leftovers.runs import COMPLETED, run_records
from aml_pipelines.lineage.incidents import incident_lines, read_incidents
from aml_pipelines.lineage.table_logs import LOG, TableLog
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError
from conf.incident import waiting_batches
from conf.monitor import LEVELS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from conf.target import Target

# The exit codes, besides that of a command which cannot be understood: it is the last one too.
WELL, WARNED, BREACHED = 0, 1, 2
_NODE, _FINDINGS = "judge_health", "findings.json"
_SHOWN = 6  # with the lines around them ten


@dataclass(frozen=True)
class State:
    """What was judged last of a dataset, by which run and when, and what has come of it.

    `incidents` says in words which are open and what was done; `held` names batches that wait.
    """

    run: str
    judged: str
    health: Mapping[str, Any]
    is_outdated: bool
    incidents: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        if self.held:
            return BREACHED
        levels = {finding["level"] for finding in self.health["findings"]}
        if not levels:
            return WELL
        return WARNED if levels == {LEVELS[0]} else BREACHED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", nargs="?", help="a dataset (all that were judged)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print each dataset's state; exit with 1 for warnings, with 2 for anything graver."""
    target = command_target(arguments.target)
    states = _states(target)
    if arguments.dataset:
        states = {name: state for name, state in states.items() if name == arguments.dataset}
    if not states:
        named = arguments.dataset or "DATASET"
        raise UserError(
            f"nothing was judged of {arguments.dataset or 'any dataset'} in {target.state}; to do "
            f"it, python -m aml_pipelines run monitoring --set inputs.dataset={named}"
        )
    if arguments.json:
        told = {name: asdict(state) for name, state in states.items()}
        sys.stdout.write(f"{json.dumps(told, indent=2)}\n")
    else:
        for state in states.values():
            for line in _lines(state):
                say(line)
    return max(state.code for state in states.values())


def _states(target: Target) -> dict[str, State]:
    """Return the newest judgement of each dataset."""
    newest: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
    for run, record in run_records(StateFolder(Path(target.state))):
        node = record["nodes"].get(_NODE)
        if node is None or node["status"] != COMPLETED:
            continue
        health = read_json(Path(node["outputs"]["findings"], _FINDINGS))
        newest[health["dataset"]] = (run, record["started"], health)
    return {dataset: _state(target, dataset, *judged) for dataset, judged in newest.items()}


def _state(
    target: Target, dataset: str, run: str, started: str, health: Mapping[str, Any]
) -> State:
    events = read_incidents(target, dataset)
    return State(
        run,
        started,
        health,
        _scored_since(target, dataset, datetime.fromisoformat(started)),
        tuple(incident_lines(events)),
        tuple(dict.fromkeys(event.batch for event in waiting_batches(events).values())),
    )


def _scored_since(target: Target, dataset: str, moment: datetime) -> bool:
    """Return whether scores were written after a moment; of a lake elsewhere nothing is known."""
    name = f"gold/{dataset}/scores"
    folder = Path(target.lake, name)
    if not target.has_folder or not (folder / LOG).is_dir():
        return False
    newest = TableLog(name, folder).commits[-1]
    return datetime.fromtimestamp(newest.moment, UTC) > moment


def _lines(state: State) -> list[str]:
    health = state.health
    findings = health["findings"]
    days = " to ".join(dict.fromkeys((health["first_day"], health["last_day"])))
    judged = f"{health['rows']:,} rows of {days}"
    model = f"{health['model_name']}:{health['model_version']}"
    lines = [
        f"{health['dataset']}: {_number(len(findings))} on {judged}, scored by {model}",
        *(f"  {finding['level']:<9} {finding['cause']}" for finding in findings[:_SHOWN]),
    ]
    if len(findings) > _SHOWN:
        lines.append(f"  and {len(findings) - _SHOWN} more")
    lines += [f"  {line}" for line in state.incidents[:_SHOWN]]
    lines += [
        f"  scores of batch {batch} are held: python -m aml_pipelines release {batch}"
        for batch in state.held
    ]
    lines.append(f"  judged at {state.judged} by run {state.run}")
    if state.is_outdated:
        again = f"run monitoring --set inputs.dataset={health['dataset']}"
        lines.append(f"  scores were written since: python -m aml_pipelines {again}")
    return lines


def _number(findings: int) -> str:
    return "1 finding" if findings == 1 else f"{findings or 'no'} findings"
