"""Turns a pipeline into a plan: flat nodes in running order, with every path resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.expand import Expansion
from aml_pipelines.pipeline.plan import Plan
from aml_pipelines.pipeline.read_pipeline import read_pipeline
from aml_pipelines.pipeline.values import Constant, Value

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import InputPort, NewAsset, Pipeline
    from aml_pipelines.pipeline.values import Produced

Overrides = Mapping[str, str | int | float | bool]


def plan_pipeline(
    file: Path, locations: Locations, *, overrides: Overrides, target_inputs: Overrides
) -> Plan:
    """Return the plan of the pipeline in `file`.

    `overrides` are values the user set and `target_inputs` those of the target, in this order; each
    counts where the pipeline has an input of that name. Raises PipelineError with every wiring
    error there is.
    """
    pipeline, problems = read_pipeline(file, locations.find_component)
    locations = locations.of(pipeline)
    values = _pipeline_inputs(pipeline, locations, problems, overrides, target_inputs)
    expansion = Expansion(locations, problems)
    outputs = expansion.expand_pipeline(pipeline, values)
    new_assets = _new_assets(pipeline, outputs, expansion)
    problems.raise_any()
    return Plan(
        pipeline,
        locations,
        values,
        expansion.nodes,
        outputs,
        tuple(problems.notes),
        new_assets,
        expansion.templates,
    )


def _new_assets(
    pipeline: Pipeline, outputs: Mapping[str, Produced], expansion: Expansion
) -> dict[str, NewAsset]:
    """Return what the pipeline's own outputs become; those of a single job are its node's."""
    new = {}
    for name, setting in pipeline.outputs.items():
        if setting.asset and name in outputs and not pipeline.is_single:
            made = outputs[name]
            location = _location(made, expansion)
            expansion.check_new_asset(setting, made.type, location)
            new[name] = setting.asset
    return new


def _location(made: Produced, expansion: Expansion) -> str:
    """Return where an output is; that of a loop is where its first round would make it."""
    node = expansion.nodes[made.node]
    passed = node.flow.passed.get(made.output)
    return _location(passed, expansion) if passed else node.outputs[made.output].location


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
        if override is None and name in pipeline.inputs:
            values[name] = expansion.input_value(pipeline.inputs[name])
        elif override is None:
            values[name] = _default(port, pipeline, problems)
        elif port.is_data:
            values[name] = expansion.input_data(override, port)
        else:
            values[name] = Constant(override, port.type if port.is_declared else "")
    for name, setting in pipeline.inputs.items():
        if name not in ports:
            problems.note(
                setting.place,
                f"the component has no input {name!r}, which changes nothing; "
                f"it has {', '.join(ports) or 'none'}",
            )
    return values


def _default(port: InputPort, pipeline: Pipeline, problems: Problems) -> Value | None:
    if port.default is not None:
        return Constant(port.default)
    if not port.is_optional:
        problems.add(
            pipeline.graph.place,
            f"the job lacks a value for {port.name!r}, which is neither optional nor has a default",
        )
    return None
