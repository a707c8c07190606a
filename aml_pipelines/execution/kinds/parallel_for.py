"""Loops over items: what all rounds have made is gathered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError, PipelineError
from aml_pipelines.execution.control import write_gathered
from aml_pipelines.execution.process import Ran
from aml_pipelines.pipeline.control.planned import ITEMS, items_of

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

RUNS_CODE = False


def run(node: PlannedNode, data: NodeData, _: Workplace, __: RunContext) -> Ran:
    """Write what is gathered; or return the rounds for items that are known only now."""
    items = items_of(node.component)
    if items.plan_rounds:
        try:
            return Ran(more=items.plan_rounds(str(data.inputs[ITEMS])))
        except PipelineError as error:
            raise NodeFailedError(f"cannot take its items: {error}") from error
    for output, names in items.gathered.items():
        made = {name: value for name in names if (value := data.inputs[name]) is not None}
        values = [(node.inputs[name].type, value) for name, value in made.items()]
        write_gathered(Path(data.outputs[output]), values)
    return Ran()
