"""Reads the jobs of a graph, and every component that they name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline import read_component
from aml_pipelines.pipeline.field_table import note_ignored
from aml_pipelines.pipeline.kinds import node_kind, node_kinds
from aml_pipelines.pipeline.read_ports import (
    declared_inputs,
    declared_outputs,
    port_of_setting,
    settings,
)
from aml_pipelines.pipeline.references import local_path
from aml_pipelines.pipeline.spec import Component, Job, OutputPort, Setting
from aml_pipelines.pipeline.yaml_lines import Fields, read_fields
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ABOUT = ("$schema", "name", "display_name", "description", "tags", "experiment_name")
DESCRIPTION = "mlflow.note.content"
# As the client has it, but for capital letters, which the service takes.
_JOB = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
FindComponent = Callable[[str], "Path"]


def output_port(name: str, setting: Setting) -> OutputPort:
    kind = setting.type or "uri_folder"
    return OutputPort(name, kind, setting.place, setting.mode, is_declared=bool(setting.type))


@dataclasses.dataclass(frozen=True)
class Reading:
    """How components are found, and the files of those that are being read."""

    find_component: FindComponent
    ancestors: tuple[Path, ...] = ()


def read_jobs(fields: Fields, reading: Reading) -> tuple[dict[str, Job], tuple[str, ...]]:
    """Return the jobs of a graph by name, and the names of those that were reported instead."""
    blocks = fields.mapping("jobs")
    if not blocks.entries:
        fields.problems.add(fields.place_of("jobs"), "the pipeline has no jobs")
    blocks.check_names(_JOB, "job", "1 to 128 letters, digits or '_', and begins with no digit")
    jobs = {}
    for name, entry in blocks.entries.items():
        if entry.kind != "mapping":
            fields.problems.add(entry.place, f"job {name!r} is no mapping")
            continue
        job = read_job(name, blocks.under(entry), reading)
        if job:
            jobs[name] = job
    return jobs, tuple(name for name in blocks.entries if name not in jobs)


def read_job(name: str, fields: Fields, reading: Reading) -> Job | None:
    """Return a job of any kind; None for one that was reported instead."""
    declared = fields.text("type")
    key = node_kind(declared).COMPONENT_KEY if declared in node_kinds() else "component"
    block = _component_fields(name, fields, key, reading)
    # Azure's default: a job that says nothing is a command, and a component's type is the job's.
    kind = declared or (block or fields).text("type") or "command"
    if not _can_be_read(name, kind, fields, key):
        return None
    as_kind, is_inline = node_kind(kind), key not in fields.entries
    if block is None and not is_inline:
        return None
    _check_fields(fields, kind, name, is_inline=is_inline)
    note_ignored(fields)
    inputs = {
        **settings(fields.mapping("inputs"), "inputs"),
        **settings(fields.only_of(as_kind.DATA_FIELDS), "inputs"),
    }
    outputs = settings(fields.mapping("outputs"), "outputs")
    of_component = as_kind.COMPONENT_KIND
    if block is None or fields.entries[key].kind == "mapping":
        component = _inline(name, of_component, fields, block, inputs=inputs, outputs=outputs)
    else:
        component = _component(block, of_component, fields, reading)
    as_kind.check_job(fields, name)
    return Job(
        name=name,
        component=as_kind.of_job(component, fields),
        inputs=inputs,
        outputs=outputs,
        place=fields.place,
        environment_variables=_variables(fields, block),
        timeout=_timeout(fields, as_kind.LIMITS),
        tags=read_tags(fields),
        display_name=fields.text("display_name"),
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


def _component_fields(name: str, fields: Fields, key: str, reading: Reading) -> Fields | None:
    """Return the fields of the component that a job names by `key`, or has there inline."""
    if key in fields.entries and fields.entries[key].kind == "mapping":
        return fields.mapping(key)
    reference = fields.text(key)
    if not reference:
        return None
    place = fields.place_of(key)
    path = local_path(reference)
    try:
        file = (
            (fields.place.file.parent / path).resolve()
            if path
            else reading.find_component(reference)
        )
    except UserError as error:
        fields.problems.add(place, f"job {name!r}: component {reference!r}: {error}")
        return None
    if not file.is_file():
        fields.problems.add(
            place, f"job {name!r}: component file {reference!r} does not exist: {file}"
        )
        return None
    return read_fields(file, fields.problems)


def _component(fields: Fields, kind: str, job: Fields, reading: Reading) -> Component:
    # A component without a type is of its job's, as the client takes it.
    own = fields.text("type") or kind
    if own != kind:
        job.problems.add(
            job.place_of("type"), f"the job is of type {kind!r}, but its component is of {own!r}"
        )
    if not node_kind(kind).IS_GRAPH:
        return read_component.read_component_file(fields, kind)
    file = fields.place.file
    # Reading it would never end.
    if file in reading.ancestors:
        raise PipelineError(f"{job.place_of('component')}: {file.name} contains itself")
    fields.note_others(node_kind(kind).COMPONENT_FIELDS, "pipeline component")
    within = dataclasses.replace(reading, ancestors=(*reading.ancestors, file))
    jobs, unread = read_jobs(fields, within)
    return Component(
        kind=kind,
        name=fields.text("name"),
        place=fields.place,
        inputs=declared_inputs(fields.mapping("inputs")),
        outputs=declared_outputs(fields.mapping("outputs")),
        jobs=jobs,
        unread_jobs=unread,
    )


def root_component(fields: Fields, kind: str, reading: Reading) -> Component | None:
    """Return the graph of a pipeline job that names a component instead of jobs."""
    component = _component_fields(fields.place.file.stem, fields, "component", reading)
    return _component(component, kind, fields, reading) if component else None


def _check_fields(fields: Fields, kind: str, name: str, *, is_inline: bool) -> None:
    """Report unknown fields of an inline job; note them where the job names a component.

    Azure's schemas are open for components and for nodes that name one, and for nothing else: what
    these state beside their fields is kept, and nothing comes of it.
    """
    as_kind = node_kind(kind)
    known, owner = (*as_kind.JOB_FIELDS, *ABOUT), f"{kind} job {name!r}"
    if is_inline:
        fields.only((*known, *as_kind.INLINE_FIELDS), owner)
        return
    fields.note_others(known, owner)


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
    declared = {key: output_port(key, setting) for key, setting in outputs.items()}
    if block is None:
        return read_component.read_component(job, kind, name, ports, declared)
    known = (*node_kind(kind).COMPONENT_FIELDS, "environment_variables")
    block.note_others(known, f"inline {kind}")
    ports |= declared_inputs(block.mapping("inputs"))
    declared |= declared_outputs(block.mapping("outputs"))
    return read_component.read_component(block, kind, name, ports, declared)


def _variables(fields: Fields, block: Fields | None) -> dict[str, str]:
    """Return the environment variables of a job, over those of a component that it has inline."""
    blocks = [item for item in (block, fields) if item and item.place.file == fields.place.file]
    stated = [item.mapping("environment_variables") for item in blocks]
    return {name: item.text(name) for item in stated for name in item.entries}


def read_tags(fields: Fields) -> dict[str, str]:
    """Return the tags of a job, with its description by the name that MLflow has for it."""
    tags = {name: str(entry.value) for name, entry in fields.mapping("tags").entries.items()}
    description = fields.text("description")
    return {**tags, **({DESCRIPTION: description} if description else {})}


def _timeout(fields: Fields, known: tuple[str, ...]) -> float | None:
    limits = fields.mapping("limits")
    limits.only(known, "limits")
    timeout = cast("object", limits.scalar("timeout"))
    return float(timeout) if isinstance(timeout, int | float) else None
