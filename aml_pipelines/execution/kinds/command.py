"""Command nodes on this machine: a shell in the staged snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.execution.distributed import run_distributed
from aml_pipelines.execution.process import Ran, run_process
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.distributed import distributed_code

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the node's command in a shell, or in as many as its distribution has processes."""
    arguments = ["/bin/bash", "-c", command(node, data.inputs, data.outputs)]
    distributed = distributed_code(node.component)
    if distributed is None:
        return run_process(arguments, node, place, context)
    run_distributed(arguments, distributed, node, place, context)
    return Ran()
