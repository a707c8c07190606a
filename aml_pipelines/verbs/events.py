"""`events`: what a run and its nodes read and wrote, as OpenLineage events."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openlineage.client.serde import Serde

from aml_pipelines.console import say
from aml_pipelines.files import write_whole
from aml_pipelines.leftovers.runs import run_records
from aml_pipelines.lineage.event_receiver import events_of_run, send
from aml_pipelines.targets import add_target_argument, command_target, variables
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from conf.target import Target

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="*", metavar="RUN", help="a run by its id (the newest one)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", type=Path, metavar="FILE", help="write JSON lines to a file")
    where.add_argument(
        "--send", action="store_true", help="send them to the receiver that the target names"
    )
    parser.add_argument("--all", action="store_true", help="those of all runs")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print the events of runs, write them to a file, or send them to the target's receiver."""
    target = command_target(arguments.target)
    records = _asked(target, arguments)
    events = [event for record in records for event in events_of_run(record, target)]
    if arguments.send:
        if target.openlineage is None:
            raise UserError(
                f"{target.file}: states no receiver; add openlineage: {{url: https://…}}, or write "
                "the events to a file: --to FILE"
            )
        send(events, target.openlineage, variables())
        say(f"{target.openlineage.url} took {len(events)} events of {len(records)} runs")
        return DONE
    lines = "".join(f"{Serde.to_json(event)}\n" for event in events)
    if arguments.to:
        write_whole(arguments.to, lines.encode())
        say(f"{arguments.to}: {len(events)} events of {len(records)} runs")
    else:
        sys.stdout.write(lines)
    return DONE


def _asked(target: Target, arguments: argparse.Namespace) -> list[Mapping[str, Any]]:
    if not target.is_local:
        raise UserError(
            f"target {target.name!r} is a workspace in Azure, whose runs have no record here; name "
            "a target of this machine: --target local"
        )
    records = dict(run_records(StateFolder(Path(target.state))))
    if arguments.all:
        return list(records.values())
    unknown = [run for run in arguments.run if run not in records]
    if unknown or not records:
        known = ", ".join(list(records)[-5:]) or "none"
        raise UserError(
            f"{target.state} has no run {', '.join(unknown) or 'at all'}; its newest are {known}; "
            "python -m aml_pipelines run data"
        )
    return [records[run] for run in arguments.run or list(records)[-1:]]
