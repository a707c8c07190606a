"""Parallel nodes on this machine: a driver and its workers, in the node's own environment."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.mini_batches.settings import Settings
from aml_pipelines.execution.mini_batches.staging import COMMAND, stage_driver
from aml_pipelines.execution.process import run_process
from aml_pipelines.pipeline.expressions import whole_reference
from aml_pipelines.pipeline.kinds import parallel
from aml_pipelines.pipeline.shell import placed

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Ran, Workplace
    from aml_pipelines.pipeline.plan import PlannedNode

READS_TABLES = True


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run the driver, laid beside the snapshot: in it, its name could be one of the script's."""
    code, driver = parallel.parallel_code(node.component), context.folder(node) / "driver"
    settings = _settings(node, data, place)
    stage_driver(driver, dataclasses.replace(settings, is_debugged=context.in_foreground))
    arguments = [*COMMAND, "--input", _path(code.splitting.input_data, data)]
    if code.model:
        arguments += ["--model", _path(code.model, data)]
    if code.append_row_to:
        arguments += ["--append-to", _path(code.append_row_to, data)]
    return run_process(arguments, node, dataclasses.replace(place, folder=driver), context)


def _settings(node: PlannedNode, data: NodeData, place: Workplace) -> Settings:
    code = parallel.parallel_code(node.component)
    splitting = code.splitting
    dataset = parallel.port_of(splitting.input_data, "inputs")
    return Settings(
        code=str(place.folder),
        script=code.script,
        mini_batch_size=parallel.mini_batch_size(node),
        workers=splitting.workers,
        arguments=parallel.arguments(node.component, data.inputs, data.outputs),
        partition_keys=splitting.partition_keys,
        is_table=node.inputs[dataset].type == "mltable",
        dataset=dataset,
        error_threshold=splitting.error_threshold,
        mini_batch_error_threshold=splitting.mini_batch_error_threshold,
        max_retries=splitting.max_retries,
        timeout=splitting.timeout,
        logging_level=splitting.logging_level,
    )


def _path(expression: str, data: NodeData) -> str:
    reference = whole_reference(expression)
    path = placed(data.inputs, data.outputs)(reference) if reference else None
    if not path or "://" in path:
        raise NodeFailedError(
            f"has {expression} at {path or 'no place'}, and mini-batches are of files on the disk; "
            "give it another mode than 'direct'"
        )
    return path
