"""Chooses which nodes run, and which earlier outputs the others keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.errors import PipelineError
from aml_pipelines.files import read_json
from aml_pipelines.pipeline.values import Constant, Data, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import Plan


@dataclass(frozen=True)
class Selection:
    """The nodes to run, those of them to run even if reusable, and outputs of earlier runs."""

    run: frozenset[str]
    anew: frozenset[str]
    earlier: Mapping[str, Mapping[str, str]]


def select_all(plan: Plan) -> Selection:
    return Selection(frozenset(plan.nodes), frozenset(), {})


def select_from(plan: Plan, node: str) -> Selection:
    """Run `node`, all nodes that follow from it, and nodes without completed earlier outputs."""
    require_node(plan, node)
    following = _downstream(plan, node)
    earlier = _completed(plan, set(plan.nodes) - following)
    for name in plan.nodes:
        if name not in earlier:
            following |= _downstream(plan, name)
    kept = {name: outputs for name, outputs in earlier.items() if name not in following}
    return Selection(frozenset(following), frozenset({node}), kept)


def select_only(plan: Plan, node: str, *, option: str = "--only") -> Selection:
    """Run just `node`; raises PipelineError naming inputs that have no earlier outputs."""
    require_node(plan, node)
    upstream = set(plan.nodes[node].upstream)
    earlier = _completed(plan, upstream)
    missing = sorted(upstream - earlier.keys())
    if missing:
        raise PipelineError(
            f"{option} {node}: no earlier run of {plan.pipeline.name!r} with these inputs "
            f"completed {', '.join(missing)}; run it with --from {missing[0]}"
        )
    return Selection(frozenset({node}), frozenset({node}), earlier)


def _downstream(plan: Plan, node: str) -> set[str]:
    """Return `node` and all that needs its outputs, directly or not."""
    reached = {node}
    for name, planned in plan.nodes.items():  # each stands after what it needs
        if reached.intersection(planned.awaited):
            reached.add(name)
    return reached


def shown_inputs(inputs: Mapping[str, Value | None]) -> dict[str, str | None]:
    """Return the values of a pipeline's inputs in the form of run.json."""
    return {name: _shown(value) for name, value in inputs.items()}


def _shown(value: Value | None) -> str | None:
    if isinstance(value, Constant):
        return value.text
    if isinstance(value, Data):
        return value.location
    return getattr(value, "reference", None)


def require_node(plan: Plan, node: str) -> None:
    """Raise PipelineError naming the nodes there are, when `node` is none of them."""
    if node not in plan.nodes:
        raise PipelineError(
            f"{plan.pipeline.name!r} has no node {node!r}; it has {', '.join(plan.nodes)}"
        )


def _completed(plan: Plan, wanted: set[str]) -> dict[str, dict[str, str]]:
    """Return the outputs of `wanted` in the latest runs with these inputs that completed them."""
    found: dict[str, dict[str, str]] = {}
    # What a branch decided is known in the run alone.
    wanted -= {name for node in plan.nodes.values() for name in node.flow.guards}
    # Newest first: a node's outputs are those of the last run that completed it.
    for run in _earlier_runs(plan):
        for name in wanted - found.keys():
            node = run["nodes"].get(name, {})
            outputs = node.get("outputs", {})
            # what is in a lake that is no folder cannot be asked for before the run
            is_there = all("://" in path or Path(path).exists() for path in outputs.values())
            planned = plan.nodes[name]
            is_same = outputs.keys() == {*planned.outputs, *planned.flow.passed}
            if node.get("status") == "Completed" and is_there and is_same:
                found[name] = outputs
    return found


def _earlier_runs(plan: Plan) -> list[dict[str, Any]]:
    inputs = shown_inputs(plan.inputs)
    runs = [read_json(file) for file in plan.locations.runs.glob("*/run.json")]
    alike = [
        run for run in runs if run["file"] == str(plan.pipeline.file) and run["inputs"] == inputs
    ]
    return sorted(alike, key=lambda run: str(run["started"]), reverse=True)
