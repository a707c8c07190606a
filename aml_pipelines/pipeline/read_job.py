"""Reads a pipeline job file and every component file that it names."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline import read_component
from aml_pipelines.pipeline.kinds import node_kind, node_kinds
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_ports import (
    declared_inputs,
    declared_outputs,
    port_of_setting,
    settings,
)
from aml_pipelines.pipeline.references import DEFAULT, AssetName, local_path
from aml_pipelines.pipeline.spec import Component, Job, OutputPort, Pipeline, Setting
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PIPELINE_FIELDS = (
    *("$schema", "type", "name", "display_name", "description", "tags", "properties"),
    *("experiment_name", "inputs", "outputs", "jobs", "settings", "compute", "identity"),
)
_SETTINGS = (*("default_compute", "default_datastore", "force_rerun", "continue_on_step_failure"),)
_ABOUT = ("name", "display_name", "description", "tags", "experiment_name")
_DEFAULT_DATASTORES = ("", DEFAULT, str(AssetName(DEFAULT)))


def read_pipeline(file: Path) -> tuple[Pipeline, Problems]:
    """Return the pipeline in `file`, and its problems.

    Raises PipelineError when the file holds no pipeline job at all.
    """
    problems = Problems()
    file = file.resolve()
    fields = read_fields(file, problems)
    if fields.text("type") != "pipeline":
        raise PipelineError(
            f"{fields.place_of('type')}: type is {fields.text('type')!r}; "
            "a file that can be run has 'type: pipeline'"
        )
    fields.only(_PIPELINE_FIELDS, "pipeline job")
    pipeline_settings = fields.mapping("settings")
    pipeline_settings.only(_SETTINGS, "settings")
    _refuse_datastore(pipeline_settings)
    inputs = settings(fields.mapping("inputs"), "inputs")
    outputs = settings(fields.mapping("outputs"), "outputs")
    pipeline = Pipeline(
        name=file.stem,
        file=file,
        graph=Component(
            kind="pipeline",
            name=file.stem,
            place=fields.place,
            inputs={name: port_of_setting(name, setting) for name, setting in inputs.items()},
            outputs={name: _output_port(name, setting) for name, setting in outputs.items()},
            jobs=_jobs(fields, ancestors=(file,)),
        ),
        inputs=inputs,
        outputs=outputs,
        experiment=fields.text("experiment_name") or file.stem,
        force_rerun=pipeline_settings.flag("force_rerun", default=False),
        continue_on_step_failure=pipeline_settings.flag("continue_on_step_failure", default=False),
        tags=_tags(fields),
    )
    return pipeline, problems


def _output_port(name: str, setting: Setting) -> OutputPort:
    return OutputPort(name, setting.type or "uri_folder", setting.place, setting.mode)


def _refuse_datastore(fields: Fields) -> None:
    datastore = fields.text("default_datastore")
    if datastore not in _DEFAULT_DATASTORES:
        fields.problems.add(
            fields.place_of("default_datastore"),
            f"default datastore {datastore!r} does not exist here; it is 'workspaceblobstore'",
        )


def _jobs(fields: Fields, *, ancestors: tuple[Path, ...]) -> dict[str, Job]:
    blocks = fields.mapping("jobs")
    if not blocks.entries:
        fields.problems.add(fields.place_of("jobs"), "the pipeline has no jobs")
    jobs = {}
    for name, entry in blocks.entries.items():
        if entry.kind != "mapping":
            fields.problems.add(entry.place, f"job {name!r} is no mapping")
            continue
        job = _job(name, blocks.under(entry), ancestors=ancestors)
        if job:
            jobs[name] = job
    return jobs


def _job(name: str, fields: Fields, *, ancestors: tuple[Path, ...]) -> Job | None:
    declared = fields.text("type")
    key = node_kind(declared).COMPONENT_KEY if declared in node_kinds() else "component"
    block = _component_fields(name, fields, key)
    # Azure's default: a job that says nothing is a command, and a component's type is the job's.
    kind = declared or (block or fields).text("type") or "command"
    if not _can_be_read(name, kind, fields, key):
        return None
    as_kind, is_inline = node_kind(kind), key not in fields.entries
    if block is None and not is_inline:
        return None
    inline = (*as_kind.INLINE_FIELDS, *_ABOUT) if is_inline else ()
    fields.only((*as_kind.JOB_FIELDS, *inline), f"{kind} job {name!r}")
    inputs = settings(fields.mapping("inputs"), "inputs")
    outputs = settings(fields.mapping("outputs"), "outputs")
    of_component = as_kind.COMPONENT_KIND
    if block is None or fields.entries[key].kind == "mapping":
        component = _inline(name, of_component, fields, block, inputs=inputs, outputs=outputs)
    else:
        component = _component(block, of_component, fields, ancestors=ancestors)
    as_kind.check_job(fields, name)
    return Job(
        name=name,
        component=as_kind.of_job(component, fields),
        inputs=inputs,
        outputs=outputs,
        place=fields.place,
        environment_variables=_variables(fields, block),
        timeout=_timeout(fields, as_kind.LIMITS),
        tags=_tags(fields),
    )


def _can_be_read(name: str, kind: str, fields: Fields, key: str) -> bool:
    """Report a job of a kind that is not run here, or without what it would run."""
    if kind not in node_kinds():
        fields.problems.add(
            fields.place_of("type"),
            f"job {name!r} is of type {kind!r}, which the local executor does not run; "
            f"it runs {', '.join(node_kinds())}",
        )
        return False
    has_own = node_kind(kind).INLINE_FIELDS or node_kind(kind).IS_GRAPH
    if key in fields.entries or has_own:
        return True
    fields.problems.add(
        fields.place, f"{kind} job {name!r} has no {key!r}; name a component, or state one"
    )
    return False


def _component_fields(name: str, fields: Fields, key: str) -> Fields | None:
    """Return the fields of the component that a job names by `key`, or has there inline."""
    if key in fields.entries and fields.entries[key].kind == "mapping":
        return fields.mapping(key)
    reference = fields.text(key)
    if not reference:
        return None
    place = fields.place_of(key)
    path = local_path(reference)
    if not path:
        fields.problems.add(
            place,
            f"job {name!r} uses the registered component {reference!r}, which is not here; "
            "give the path of its file",
        )
        return None
    file = (fields.place.file.parent / path).resolve()
    if not file.is_file():
        fields.problems.add(
            place, f"job {name!r}: component file {reference!r} does not exist: {file}"
        )
        return None
    return read_fields(file, fields.problems)


def _component(fields: Fields, kind: str, job: Fields, *, ancestors: tuple[Path, ...]) -> Component:
    own = fields.text("type")
    if own != kind:
        job.problems.add(
            job.place_of("type"), f"the job is of type {kind!r}, but its component is of {own!r}"
        )
    if not node_kind(kind).IS_GRAPH:
        return read_component.read_component_file(fields, kind)
    file = fields.place.file
    # Reading it would never end.
    if file in ancestors:
        raise PipelineError(f"{job.place_of('component')}: {file.name} contains itself")
    fields.only(node_kind(kind).COMPONENT_FIELDS, "pipeline component")
    return Component(
        kind=kind,
        name=fields.text("name"),
        place=fields.place,
        inputs=declared_inputs(fields.mapping("inputs")),
        outputs=declared_outputs(fields.mapping("outputs")),
        jobs=_jobs(fields, ancestors=(*ancestors, file)),
    )


def _inline(
    name: str,
    kind: str,
    job: Fields,
    block: Fields | None,
    *,
    inputs: Mapping[str, Setting],
    outputs: Mapping[str, Setting],
) -> Component:
    # an inline job declares its interface by what it binds; what a binding is of shows later
    ports = {
        key: dataclasses.replace(port_of_setting(key, setting), is_declared=False)
        for key, setting in inputs.items()
    }
    declared = {key: _output_port(key, setting) for key, setting in outputs.items()}
    if block is None:
        return read_component.read_component(job, kind, name, ports, declared)
    block.only((*node_kind(kind).COMPONENT_FIELDS, "environment_variables"), f"inline {kind}")
    ports |= declared_inputs(block.mapping("inputs"))
    declared |= declared_outputs(block.mapping("outputs"))
    return read_component.read_component(block, kind, name, ports, declared)


def _variables(fields: Fields, block: Fields | None) -> dict[str, str]:
    """Return the environment variables of a job, over those of its component."""
    stated = [item.mapping("environment_variables") for item in (block, fields) if item]
    return {name: item.text(name) for item in stated for name in item.entries}


def _tags(fields: Fields) -> dict[str, str]:
    return {name: str(entry.value) for name, entry in fields.mapping("tags").entries.items()}


def _timeout(fields: Fields, known: tuple[str, ...]) -> float | None:
    limits = fields.mapping("limits")
    limits.only(known, "limits")
    timeout = cast("object", limits.scalar("timeout"))
    return float(timeout) if isinstance(timeout, int | float) else None
