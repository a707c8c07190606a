"""Command nodes on this machine: a shell in the staged snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aml_pipelines.execution.distributed import run_distributed
from aml_pipelines.execution.forked.warm import fork_variables, start_forks
from aml_pipelines.execution.own_code import is_own_code
from aml_pipelines.execution.process import Ran, run_process
from aml_pipelines.pipeline.command import command
from aml_pipelines.pipeline.distributed import distributed_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import Plan, PlannedNode

_KIND = "command"
# With fewer nodes, the start of the server of forks costs more than it saves.
_LEAST_FORKS = 3


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the node's command in a shell, or in as many as its distribution has processes."""
    arguments = ["/bin/bash", "-c", command(node, data.inputs, data.outputs)]
    distributed = distributed_code(node.component)
    if distributed is None:
        has_ours = not context.environment_of(node).is_own and not context.in_foreground
        forked = fork_variables(place.environment) if has_ours and _may_fork(node) else {}
        placed = replace(place, environment={**place.environment, **forked})
        return run_process(arguments, node, placed, context)
    run_distributed(arguments, distributed, node, place, context)
    return Ran()


def warm_forks(plans: Iterable[Plan]) -> None:
    """Start what runs the scripts of this project's command nodes, if `plans` have some."""
    nodes = [
        node
        for plan in plans
        for node in plan.all_nodes.values()
        if node.component.kind == _KIND and _may_fork(node)
    ]
    if len(nodes) >= _LEAST_FORKS:
        start_forks()


def _may_fork(node: PlannedNode) -> bool:
    is_single = distributed_code(node.component) is None
    # Variables of its own may be read by what the server has imported already.
    return is_single and not node.environment_variables and is_own_code(node.component)
