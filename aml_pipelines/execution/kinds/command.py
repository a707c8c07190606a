"""Command nodes on this machine: a shell in the staged snapshot."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from aml_pipelines.execution.distributed import run_distributed
from aml_pipelines.execution.process import Ran, run_process
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.distributed import distributed_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

FOR_SPARK = False
RUNS_CODE = True
READS_TABLES = False


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the node's command in a shell, or in as many as its distribution has processes."""
    arguments = ["/bin/bash", "-c", command(node, data.inputs, data.outputs)]
    distributed = distributed_code(node.component)
    if distributed is None:
        return run_process(arguments, node, place, context)
    run_distributed(arguments, distributed, node, place, context)
    return Ran()


def await_resources(context: RunContext) -> None:
    """Return when the workspace answers: a command may register or read assets at once."""
    context.await_workspace()


def environment(_: PlannedNode, __: RunContext) -> AbstractContextManager[Mapping[str, str]]:
    """Yield nothing: a command needs no variables beyond those of every node."""
    return nullcontext({})


def is_exclusive(_: PlannedNode, __: RunContext) -> bool:
    """Return False: commands share nothing but the machine."""
    return False
