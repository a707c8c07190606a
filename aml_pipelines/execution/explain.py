"""Says why a node ran or was reused: which file, argument, package or data changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import NotFoundError
from aml_pipelines.execution.fingerprint import Fingerprint, ReuseDecision, read_decision
from aml_pipelines.files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SHOWN = 5  # files of one input
_WIDTH = 60


@dataclass(frozen=True)
class PastNode:
    """A node of a past run: the run's record, and what was decided."""

    run: Mapping[str, Any]
    name: str
    decision: ReuseDecision

    @property
    def record(self) -> Mapping[str, Any]:
        record: Mapping[str, Any] = self.run["nodes"][self.name]
        return record


def explain(runs: Path, node: str, run: str = "") -> list[str]:
    """Return why `node` ran, or was reused, in its latest run below `runs`, or in `run`.

    Raises NotFoundError when there is no such run.
    """
    past = _past_nodes(runs, node)
    wanted = [item for item in past if not run or item.run["run_id"] == run]
    if not wanted:
        of_run = f"run {run!r}" if run else "no run"
        raise NotFoundError(f"node {node!r} has {of_run} in {runs} that says why it ran")
    explained = wanted[0]
    earlier = [
        item
        for item in past[past.index(explained) + 1 :]
        if item.run["file"] == explained.run["file"] and item.record["status"] == "Completed"
    ]
    return list(_lines(explained, earlier[0] if earlier else None))


def _past_nodes(runs: Path, node: str) -> list[PastNode]:
    """Return the past runs of a node, the latest first."""
    found = []
    for file in runs.glob("*/run.json"):
        decision = read_decision(file.parent / node)
        record = read_json(file)
        if decision and node in record["nodes"]:
            found.append(PastNode(record, node, decision))
    return sorted(found, key=lambda item: str(item.run["started"]), reverse=True)


def _lines(explained: PastNode, earlier: PastNode | None) -> Iterator[str]:
    decision, run = explained.decision, explained.run["run_id"]
    if decision.reused:
        yield f"{explained.name} was reused in {run}, from {decision.reused}:"
        yield "  its code, arguments, data and packages are the same, and so are those outputs"
        return
    yield f"{explained.name} ran in {run}:"
    stated = decision.cannot or decision.refused
    if stated:
        yield f"  {stated}"
    elif earlier is None:
        yield "  no earlier run of it completed"
    if earlier and decision.fingerprint and earlier.decision.fingerprint:
        changes = list(changes_of(earlier.decision.fingerprint, decision.fingerprint))
        yield f"  since {earlier.run['run_id']}:"
        for change in changes:
            yield f"    {change}"
        if not changes:
            yield "    nothing that it depends on changed"
        if not changes and not stated:
            yield "    but the outputs of that run are gone or were changed"


def changes_of(before: Fingerprint, after: Fingerprint) -> Iterator[str]:
    """Yield the differences between two fingerprints, one line each."""
    yield from _files("code", before.code, after.code)
    for name in _differing(before.inputs, after.inputs):
        yield f"input {name}: {_pair(before.inputs.get(name), after.inputs.get(name))}"
    for name in _differing(before.outputs, after.outputs):
        yield f"output {name}: {_pair(before.outputs.get(name), after.outputs.get(name))}"
    for name in sorted(before.data.keys() | after.data.keys()):
        yield from _files(f"data {name}", before.data.get(name, {}), after.data.get(name, {}))
    variables = before.environment_variables, after.environment_variables
    for name in _differing(*variables):
        # Not its value: it may be a secret.
        yield f"environment variable {name} changed"
    for name in _differing(before.packages, after.packages):
        yield f"package {name}: {_pair(before.packages.get(name), after.packages.get(name))}"
    if before.component != after.component:
        yield "component: its definition changed"
    elif before.command != after.command and before.inputs == after.inputs:
        yield f"command: {_pair(before.command, after.command)}"


def _files(owner: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    differing = _differing(before, after)
    for name in differing[:_SHOWN]:
        how = "changed"
        if name not in after:
            how = "is gone"
        elif name not in before:
            how = "is new"
        yield f"{owner}: {name or 'the file'} {how}"
    if len(differing) > _SHOWN:
        yield f"{owner}: {len(differing)} files differ, of {len(before.keys() | after.keys())}"


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _pair(before: object, after: object) -> str:
    return f"{_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = "(none)" if value is None else str(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
