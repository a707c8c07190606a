"""Branches: the condition decides which of the guarded nodes run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.execution.control import truth_of
from aml_pipelines.execution.process import Ran
from aml_pipelines.pipeline.control.planned import CONDITION

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

RUNS_CODE = False


def run(node: PlannedNode, data: NodeData, _: Workplace, __: RunContext) -> Ran:
    """Return what is decided; raises NodeFailedError for a condition that is no boolean."""
    decided = truth_of(node, data.inputs[CONDITION])
    return Ran({CONDITION: str(decided)}, decided=decided)
