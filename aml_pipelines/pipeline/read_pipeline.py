"""Reads a job file: a pipeline, or a job of another type as the only node of one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.field_table import note_ignored
from aml_pipelines.pipeline.kinds import node_kind, node_kinds
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_job import (
    FindComponent,
    Reading,
    output_port,
    read_job,
    read_jobs,
    read_tags,
    root_component,
)
from aml_pipelines.pipeline.read_ports import port_of_setting, settings
from aml_pipelines.pipeline.spec import Component, Job, Pipeline, Setting
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FIELDS = (
    *("$schema", "type", "name", "display_name", "description", "tags", "properties"),
    *("experiment_name", "inputs", "outputs", "jobs", "settings", "compute", "identity"),
    *("component", "services"),
)
SETTINGS = ("default_compute", "default_datastore", "force_rerun", "continue_on_step_failure")
_GRAPH = "pipeline"


def read_pipeline(file: Path, find_component: FindComponent) -> tuple[Pipeline, Problems]:
    """Return the job in `file` as a pipeline, and its problems.

    `find_component` returns the file of a component that is no path, or raises UserError. Raises
    PipelineError when the file holds no job at all.
    """
    problems = Problems()
    fields = read_fields(file.resolve(), problems)
    _refuse_component(fields)
    is_graph = any(name in fields.entries for name in ("jobs", "component"))
    kind = fields.text("type") or (_GRAPH if is_graph else "command")
    if kind not in node_kinds():
        raise PipelineError(
            f"{fields.place_of('type')}: type is {kind!r}, which the local executor does not run; "
            f"it runs {', '.join(node_kinds())}"
        )
    reading = Reading(find_component)
    return (_pipeline if node_kind(kind).IS_GRAPH else _single)(fields, kind, reading), problems


def _refuse_component(fields: Fields) -> None:
    schema = fields.text("$schema").rpartition("/")[2].lower()
    # The client does not read the schema: a job may state any. Only a component must have a name.
    is_called_one = "component" in schema and "name" in fields.entries
    if is_called_one or "version" in fields.entries:
        name = fields.place.file.name
        raise PipelineError(
            f"{fields.place}: is a component, which runs as a node of a job; write a file with "
            f"'type: pipeline' and 'jobs: {{node: {{component: ./{name}, inputs: {{…}}}}}}'"
        )


def _pipeline(fields: Fields, kind: str, reading: Reading) -> Pipeline:
    fields.only(FIELDS, "pipeline job")
    note_ignored(fields)
    inputs = settings(fields.mapping("inputs"), "inputs")
    outputs = settings(fields.mapping("outputs"), "outputs")
    if "component" in fields.entries:
        graph = root_component(fields, kind, reading) or _graph(fields, {}, {}, {})
    else:
        within = dataclasses.replace(reading, ancestors=(fields.place.file,))
        jobs, unread = read_jobs(fields, within)
        graph = dataclasses.replace(_graph(fields, inputs, outputs, jobs), unread_jobs=unread)
    return _of_graph(fields, graph, inputs, outputs)


def _single(fields: Fields, kind: str, reading: Reading) -> Pipeline:
    job = read_job(kind, fields, reading)
    inputs, outputs = (job.inputs, job.outputs) if job else ({}, {})
    graph = _graph(fields, inputs, outputs, {kind: _bound_to_graph(job)} if job else {})
    return dataclasses.replace(_of_graph(fields, graph, inputs, outputs), is_single=True)


def _graph(
    fields: Fields,
    inputs: Mapping[str, Setting],
    outputs: Mapping[str, Setting],
    jobs: Mapping[str, Job],
) -> Component:
    return Component(
        kind=_GRAPH,
        name=fields.place.file.stem,
        place=fields.place,
        inputs={name: port_of_setting(name, setting) for name, setting in inputs.items()},
        outputs={name: output_port(name, setting) for name, setting in outputs.items()},
        jobs=jobs,
    )


def _of_graph(
    fields: Fields,
    graph: Component,
    inputs: Mapping[str, Setting],
    outputs: Mapping[str, Setting],
) -> Pipeline:
    own = fields.mapping("settings")
    own.note_others(SETTINGS, "settings")
    return Pipeline(
        name=fields.place.file.stem,
        file=fields.place.file,
        graph=graph,
        inputs=inputs,
        outputs=outputs,
        experiment=fields.text("experiment_name") or fields.place.file.stem,
        force_rerun=own.flag("force_rerun", default=False),
        continue_on_step_failure=own.flag("continue_on_step_failure", default=True),
        tags=read_tags(fields),
        display_name=fields.text("display_name"),
        default_datastore=own.text("default_datastore"),
    )


def _bound_to_graph(job: Job) -> Job:
    """Return a job whose ports are bound to those of the graph around it, by the same names."""
    inputs = {
        name: dataclasses.replace(setting, value=f"${{{{parent.inputs.{name}}}}}", is_path=False)
        for name, setting in job.inputs.items()
    }
    outputs = {
        name: dataclasses.replace(setting, value=f"${{{{parent.outputs.{name}}}}}", is_path=False)
        for name, setting in job.outputs.items()
    }
    return dataclasses.replace(job, inputs=inputs, outputs=outputs)
