"""Run one node: take the outputs of an equal earlier run, or stage its code and start it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution import reuse
from aml_pipelines.execution.data import (
    NodeData,
    bring_inputs,
    make_outputs,
    read_only_paths,
    take_outputs,
)
from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.execution.process import Ran, Workplace
from aml_pipelines.hashing import listing
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.plan import PlannedNode, Produce, input_texts
from aml_pipelines.pipeline.snapshot import snapshot_files, stage
from aml_pipelines.processes import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.execution.context import RunContext


@dataclass(frozen=True)
class NodeResult:
    """A node that completed: where its outputs are, and whether an earlier run made them."""

    outputs: Mapping[str, str]
    reused: bool
    ran: Ran


def run_node(
    node: PlannedNode, produced: Produce, context: RunContext, began: Callable[[str], None]
) -> NodeResult:
    """Run `node` or reuse an earlier run of it; raises NodeFailedError when it fails.

    Calls `began` with the command, once the places of all its data are known.
    """
    data = bring_inputs(node, input_texts(node, produced), context.folder(node), context.lake)
    began(command(node, data.inputs, data.outputs))
    files = snapshot_files(node.component.snapshot)
    key = reuse.key_of(node, data, files)
    earlier = reuse.find_earlier(node, key, context)
    if earlier:
        return NodeResult(earlier.outputs, reused=True, ran=earlier.ran)
    snapshot = context.folder(node) / "snapshot"
    stage(files, snapshot)
    make_outputs(node, data)
    guarded = read_only_paths(node, data)
    # Sizes and times, not content: inputs may be large, and a writer changes one of these.
    before = {path: listing(path) for path in guarded}
    ran = _run(node, data, snapshot, context)
    for path, files_before in before.items():
        if listing(path) != files_before:
            raise NodeFailedError(
                f"changed its input {guarded[path]!r}, which is read-only in Azure: {path}"
            )
    take_outputs(node, data, context.lake)
    outputs = {name: output.location for name, output in node.outputs.items()}
    reuse.record(key, outputs, ran, context)
    return NodeResult(outputs, reused=False, ran=ran)


def _run(node: PlannedNode, data: NodeData, snapshot: Path, context: RunContext) -> Ran:
    kind = runnable_kind(node.component.kind)
    kind.await_resources(context)
    with kind.environment(node, context) as own:
        environment = {**_environment(node, context), **own}
        place = Workplace(snapshot, environment, context.folder(node) / "log.txt")
        return kind.run(node, data, place, context)


def _environment(node: PlannedNode, context: RunContext) -> dict[str, str]:
    # what is importable here must be importable in Azure: nothing but the snapshot
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {
        **inherited,
        # `python` in a command is this environment's, whichever the shell would find.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Lines of a node that is killed must be in its log.
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "SPARK_LOCAL_IP": LOOPBACK,
        # Nodes share the cores here: threads that spin while they wait slowed a node 6 times.
        "OMP_WAIT_POLICY": "PASSIVE",
        **context.job_environment,
        "AZUREML_RUN_ID": node.run_name,
        "AZUREML_ROOT_RUN_ID": context.run_id,
        "MLFLOW_EXPERIMENT_NAME": context.plan.pipeline.experiment,
        **node.environment_variables,
    }
