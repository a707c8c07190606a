"""Run one node: take the outputs of an equal earlier run, or stage its code and start it."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution import reuse
from aml_pipelines.execution.data import (
    NodeData,
    bring_inputs,
    fill_literals,
    make_outputs,
    read_only_paths,
    take_outputs,
)
from aml_pipelines.execution.environments.python import layer
from aml_pipelines.execution.fingerprint import ReuseDecision, fingerprint_of, write_decision
from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.execution.process import Ran, Workplace, kept
from aml_pipelines.execution.registration import register_outputs
from aml_pipelines.execution.tracking import TrackedRun, tracked
from aml_pipelines.execution.variables import node_variables
from aml_pipelines.hashing import listing
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.find_data import local_copy
from aml_pipelines.pipeline.plan import PlannedNode, Produce, input_texts
from aml_pipelines.pipeline.snapshot import snapshot_files, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aml_pipelines.execution.context import RunContext


@dataclass(frozen=True)
class NodeResult:
    """A completed node: where its outputs are, who made them, and the assets that they became."""

    outputs: Mapping[str, str]
    reused: bool
    ran: Ran
    registered: Mapping[str, str]


def run_node(
    node: PlannedNode, produced: Produce, context: RunContext, began: Callable[[str], None]
) -> NodeResult:
    """Run `node` or reuse an earlier run of it; raises NodeFailedError when it fails.

    Calls `began` with the command, once the places of all its data are known.
    """
    data = bring_inputs(
        node,
        input_texts(node, produced),
        context.folder(node),
        context.lake,
        partial(local_copy, context.plan.locations),
    )
    began(command(node, data.inputs, data.outputs))
    if not runnable_kind(node.component.kind).RUNS_CODE:
        return _decide(node, data, context)
    files = snapshot_files(node.component.snapshot)
    decision = _decision(node, data, files, context)
    key = decision.fingerprint.key if decision.fingerprint else ""
    with tracked(context.tracking, _tracked_run(node, context)):
        earlier = reuse.find_earlier(node, key, context)
        reused = earlier.run_name if earlier else ""
        write_decision(context.folder(node), dataclasses.replace(decision, reused=reused))
        if earlier:
            context.tracking.copy(earlier.run_name, node.run_name)
            registered = register_outputs(node, earlier.outputs, context)
            return NodeResult(earlier.outputs, reused=True, ran=earlier.ran, registered=registered)
        with _unchanged(read_only_paths(node, data), _written(context)):
            ran = _run_until_kept(node, data, files, context)
        fill_literals(node, data, context.tracking)
        take_outputs(node, data, context.lake)
        outputs = _planned(node)
        registered = register_outputs(node, outputs, context)
    reuse.record(key, node, outputs, ran, context)
    return NodeResult(outputs, reused=False, ran=ran, registered=registered)


def _planned(node: PlannedNode) -> dict[str, str]:
    return {name: output.location for name, output in node.outputs.items()}


def _decide(node: PlannedNode, data: NodeData, context: RunContext) -> NodeResult:
    folder = context.folder(node)
    make_outputs(node, data)
    place = Workplace(folder, {}, folder / "log.txt")
    ran = runnable_kind(node.component.kind).run(node, data, place, context)
    take_outputs(node, data, context.lake)
    outputs = _planned(node)
    registered = {} if ran.more else register_outputs(node, outputs, context)
    return NodeResult(outputs, reused=False, ran=ran, registered=registered)


def _decision(
    node: PlannedNode, data: NodeData, files: Mapping[str, Path], context: RunContext
) -> ReuseDecision:
    refused = reuse.refusal(node, context)
    if not node.component.is_deterministic:
        return ReuseDecision(None, cannot="its component says is_deterministic: false")
    if not data.all_local:
        return ReuseDecision(None, cannot="its data is in a served lake, and cannot be compared")
    environment = context.environment_of(node)
    return ReuseDecision(fingerprint_of(node, data, files, environment), refused=refused)


def _tracked_run(node: PlannedNode, context: RunContext) -> TrackedRun:
    is_single = node.run_name == context.run_id
    return TrackedRun(
        node.run_name,
        context.plan.pipeline.experiment,
        display_name=node.display_name,
        parent="" if is_single else context.run_id,
        root=context.run_id,
        tags=context.plan.pipeline.tags if is_single else node.tags,
    )


@contextmanager
def _unchanged(guarded: Mapping[Path, str], written: frozenset[Path]) -> Iterator[None]:
    """Fail the node when the block changes one of these read-only inputs."""
    # Sizes and times, not content: inputs may be large, and a writer changes one of these.
    before = {path: _only_read(path, written) for path in guarded}
    yield
    for path, files_before in before.items():
        if _only_read(path, written) != files_before:
            raise NodeFailedError(
                f"changed its input {guarded[path]!r}, which is read-only in Azure: {path}"
            )


def _only_read(path: Path, written: frozenset[Path]) -> dict[str, tuple[int, int]]:
    """List an input without the outputs that lie in it, which Azure mounts beside it."""
    inside = [place for place in written if path in place.parents]
    return {
        name: state
        for name, state in listing(path).items()
        if not any(Path(name).is_relative_to(place) for place in inside)
    }


def _written(context: RunContext) -> frozenset[Path]:
    """Return where the nodes of a run write; others may run beside this one."""
    return frozenset(
        Path(output.location)
        for node in context.plan.all_nodes.values()
        for output in node.outputs.values()
        if "://" not in output.location
    )


def _run_until_kept(
    node: PlannedNode, data: NodeData, files: dict[str, Path], context: RunContext
) -> Ran:
    """Run the node; when its compute takes it away, it starts again, as in Azure."""
    snapshot = context.folder(node) / "snapshot"
    while True:
        stage(files, snapshot)
        make_outputs(node, data)
        evicting = context.evictions.of(node.name, context.folder(node), context.processes)
        try:
            with evicting as eviction, kept(node.run_name, snapshot, context):
                return _run(node, data, snapshot, context)
        except NodeFailedError:
            if not eviction.happened:
                raise
        say(f"  {node.name} was evicted by a planned fault; it starts again")


def _run(node: PlannedNode, data: NodeData, snapshot: Path, context: RunContext) -> Ran:
    kind = runnable_kind(node.component.kind)
    kind.await_resources(context)
    below = context.environment_of(node).python
    with (
        layer(context.folder(node) / "environment", below) as python,
        kind.environment(node, context) as own,
    ):
        environment = {**node_variables(node, data, context), **own, **python.variables}
        place = Workplace(snapshot, environment, context.folder(node) / "log.txt")
        return kind.run(node, data, place, context)
