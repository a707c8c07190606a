"""Command nodes on this machine: a shell in the staged snapshot."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from aml_pipelines.execution.process import run_process
from aml_pipelines.pipeline.command import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Ran, Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

FOR_SPARK = False
READS_TABLES = False


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the node's command in a shell."""
    arguments = ["/bin/bash", "-c", command(node, data.inputs, data.outputs)]
    return run_process(arguments, node, place, context)


def await_resources(context: RunContext) -> None:
    """Return when the workspace answers: a command may register or read assets at once."""
    context.await_workspace()


def environment(_: PlannedNode, __: RunContext) -> AbstractContextManager[Mapping[str, str]]:
    """Yield nothing: a command needs no variables beyond those of every node."""
    return nullcontext({})


def is_exclusive(_: PlannedNode, __: RunContext) -> bool:
    """Return False: commands share nothing but the machine."""
    return False
