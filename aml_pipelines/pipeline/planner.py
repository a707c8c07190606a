"""Turns a pipeline into a plan: flat nodes in running order, with every path resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.expand import Expansion
from aml_pipelines.pipeline.plan import Plan
from aml_pipelines.pipeline.read_job import read_pipeline
from aml_pipelines.pipeline.values import Constant, Value

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Pipeline

Overrides = Mapping[str, str | int | float | bool]


def plan_pipeline(
    file: Path, locations: Locations, *, overrides: Overrides, target_inputs: Overrides
) -> Plan:
    """Return the plan of the pipeline in `file`.

    `overrides` are values the user set and `target_inputs` those of the target, in this order; each
    counts where the pipeline has an input of that name. Raises PipelineError with every wiring
    error there is.
    """
    pipeline, problems = read_pipeline(file)
    values = _pipeline_inputs(pipeline, locations, problems, overrides, target_inputs)
    expansion = Expansion(locations, problems)
    outputs = expansion.expand_pipeline(pipeline, values)
    problems.raise_any()
    return Plan(pipeline, locations, values, expansion.nodes, outputs)


def _pipeline_inputs(
    pipeline: Pipeline,
    locations: Locations,
    problems: Problems,
    overrides: Overrides,
    target_inputs: Overrides,
) -> dict[str, Value | None]:
    ports = pipeline.graph.inputs
    expansion = Expansion(locations, problems)
    values: dict[str, Value | None] = {}
    for name, port in ports.items():
        # The user's value wins over the target's, and that over the file's.
        override = overrides.get(name, target_inputs.get(name))
        if override is None:
            values[name] = expansion.input_value(pipeline.inputs[name])
        elif port.is_data:
            values[name] = expansion.input_data(override, port)
        else:
            values[name] = Constant(override, port.type if port.is_declared else "")
    return values
