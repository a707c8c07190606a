"""AutoML on this machine: FLAML's search, which stands in for Azure's, and says so everywhere."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.process import Ran, run_process
from aml_pipelines.files import read_json
from aml_pipelines.pipeline.automl import METRICS
from aml_pipelines.pipeline.kinds.automl import automl_of

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

_DRIVER = Path(__file__).parents[1] / "stand_ins" / "flaml_search.py"


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the search, laid beside the snapshot, whose ./outputs get the best model."""
    folder = context.folder(node) / "driver"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_DRIVER, folder / _DRIVER.name)
    search = automl_of(node.component)
    settings = {
        **asdict(search),
        "flaml_metric": METRICS[search.task][search.metric],
        "data": data.inputs,
        "outputs": data.outputs,
        "told": str(folder / "told.json"),
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    arguments = ["python", str(folder / _DRIVER.name), str(folder / "settings.json")]
    run_process(arguments, node, place, context)
    return Ran(read_json(folder / "told.json"))
