"""Loops over rounds: after each one it is decided whether there is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError, PipelineError
from aml_pipelines.execution.control import truth_of
from aml_pipelines.execution.process import Ran
from aml_pipelines.pipeline.control.planned import CONDITION, rounds_of

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

RUNS_CODE = False


def run(node: PlannedNode, data: NodeData, place: Workplace, _: RunContext) -> Ran:
    """Return the nodes of the next round; none when the condition is false or the limit reached."""
    rounds = rounds_of(node.component)
    goes_on = truth_of(node, data.inputs[CONDITION]) if rounds.has_condition else True
    is_last = not goes_on or rounds.number >= rounds.limit
    why = "the limit is reached" if goes_on else "the condition is false"
    with place.log.open("a", encoding="utf-8") as log:
        log.write(f"round {rounds.number}: {why if is_last else 'again'}\n")
    told = {"iterations": str(rounds.number)}
    if is_last:
        return Ran(told)
    try:
        return Ran(told, more=rounds.plan_next())
    except PipelineError as error:
        raise NodeFailedError(f"has no round {rounds.number + 1}: {error}") from error
