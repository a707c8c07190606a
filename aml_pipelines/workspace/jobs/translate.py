"""Translates a job's REST body into pipeline files, which the local executor runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from aml_pipelines.pipeline.addresses import REGISTRIES
from aml_pipelines.pipeline.kinds import node_kind, node_kinds
from aml_pipelines.workspace.http.fields import JsonObject, mapping
from aml_pipelines.workspace.jobs.automl_body import automl_fields
from aml_pipelines.workspace.jobs.items import item_fields
from aml_pipelines.workspace.jobs.sweeps import sweep_fields
from aml_pipelines.workspace.jobs.vocabulary import (
    asked_services,
    compute_name,
    distribution_fields,
    identity_setting,
    input_setting,
    is_built_in,
    limits_of,
    named,
    output_setting,
    short_reference,
    snake_case,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.workspace.assets.code import Sources

PipelineFiles = dict[str, dict[str, object]]
PIPELINE = "pipeline.yml"
# Registering a component has settled these: its includes are in the code that was uploaded.
_DONE = ("sourceJobId", "additional_includes")
_COMPONENTS = "components"
COMPONENT = f"{_COMPONENTS}/component.yml"
_ABOUT = ("name", "display_name", "description", "tags", "properties", "comment")
_CODE_FIELDS = {
    "command": "command",
    "args": "args",
    "conf": "conf",
    "pyFiles": "py_files",
    "jars": "jars",
    "files": "files",
    "archives": "archives",
    "environmentVariables": "environment_variables",
}


def pipeline_documents(job: JsonObject, sources: Sources) -> PipelineFiles:
    """Return the pipeline files that the body's properties `job` mean, by file name."""
    if single_node(job):
        return {PIPELINE: _pipeline(job, {single_node(job): _single(job, sources)})}
    files: PipelineFiles = {}
    if job.get("componentId"):
        files = component_documents(str(job["componentId"]), sources)
        return {PIPELINE: {**_pipeline(job, {}), "component": f"./{COMPONENT}"}, **files}
    jobs = {
        name: _node(name, mapping(node), sources, files, folder=f"./{_COMPONENTS}")
        for name, node in mapping(job.get("jobs")).items()
    }
    return {PIPELINE: _pipeline(job, jobs), **files}


def component_documents(reference: str, sources: Sources) -> PipelineFiles:
    """Return a registered component as files: its own, and those of the components in it."""
    files: PipelineFiles = {}
    files[COMPONENT] = _component("component", reference, {}, sources, files)
    return files


def single_node(job: JsonObject) -> str:
    """Return the name of the one node of a job that is no pipeline; empty for a pipeline."""
    names = {kind.JOB_TYPE: name for name, kind in node_kinds().items() if kind.JOB_TYPE}
    return names.get(str(job["jobType"]), "")


def write_documents(documents: PipelineFiles, folder: Path) -> Path:
    """Write the files of a pipeline into `folder`; returns the file of the pipeline itself."""
    for name, document in documents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return folder / PIPELINE


def _pipeline(job: JsonObject, jobs: Mapping[str, object]) -> dict[str, object]:
    settings = {
        name: value
        for name, value in mapping(job.get("settings")).items()
        # The client adds fields of its own, such as _source.
        if value is not None and not name.startswith("_")
    }
    if "default_compute" in settings:
        settings["default_compute"] = compute_name(str(settings["default_compute"]))
    if "default_datastore" in settings:
        settings["default_datastore"] = str(settings["default_datastore"]).rpartition("/")[2]
    is_pipeline = not single_node(job)
    fields: dict[str, object] = {
        "type": "pipeline",
        "display_name": job.get("displayName"),
        "description": job.get("description"),
        "experiment_name": job.get("experimentName") or "Default",
        "tags": job.get("tags"),
        "inputs": _inputs(job) if is_pipeline else None,
        "outputs": _outputs(job) if is_pipeline else None,
        "settings": settings,
        "jobs": dict(jobs),
    }
    if is_pipeline:
        fields |= _compute(job) | _identity(job)
    return _without_empty(fields)


def _single(job: JsonObject, sources: Sources) -> dict[str, object]:
    trial = mapping(job.get("trial"))
    code = {"trial": _without_empty(_code(trial, sources))} if trial else _code(job, sources)
    return _without_empty(
        {
            "type": single_node(job),
            **code,
            **sweep_fields(job),
            "inputs": _inputs(job),
            "outputs": _outputs(job),
            "limits": limits_of(job),
            **automl_fields(job),
            "resources": {snake_case(k): v for k, v in mapping(job.get("resources")).items()},
            "services": asked_services(job),
            **_compute(job),
            **_identity(job),
        }
    )


def _code(owner: JsonObject, sources: Sources) -> dict[str, object]:
    """Return what a job, or the trial of one, has of a component."""
    environment, code = owner.get("environmentId"), owner.get("codeId")
    return {
        **{ours: owner.get(theirs) for theirs, ours in _CODE_FIELDS.items()},
        "code": sources.code(str(code)) if code else None,
        "environment": short_reference(str(environment)) if environment else None,
        "distribution": distribution_fields(owner),
        "entry": _entry(mapping(owner.get("entry"))),
    }


def _node(
    name: str, node: JsonObject, sources: Sources, files: PipelineFiles, *, folder: str
) -> dict[str, object]:
    """Return the block of a node, and add its component to `files`, named after the node."""
    kind = str(node.get("type", "command"))
    translated = {*_ABOUT, "componentId", "computeId", "identity", "limits", "inputs", "outputs"}
    key = "component"
    if kind in node_kinds():
        key = node_kind(kind).COMPONENT_KEY
        translated |= {key, *node_kind(kind).OVERRIDES}
    untranslated = {
        key: value
        for key, value in node.items()
        if key not in translated and not key.startswith("_") and value is not None
    }
    fields = {**untranslated, "type": kind, "inputs": _inputs(node), "outputs": _outputs(node)}
    fields |= {"limits": limits_of(node), **_compute(node), **_identity(node)}
    fields |= {"distribution": distribution_fields(node)}
    fields |= sweep_fields(node) | automl_fields(node) | item_fields(node)
    component = node.get("componentId") or mapping(node.get(key)).get("componentId")
    if component and is_built_in(str(component)):
        pass  # the node itself says what it is to do
    elif component and str(component).startswith(REGISTRIES):
        fields[key] = str(component)
    elif component:
        fields[key] = f"{folder}/{name}.yml"
        file = f"{_COMPONENTS}/{name}.yml"
        files[file] = _component(name, str(component), node, sources, files)
    return _without_empty(fields)


def _component(
    name: str, reference: str, node: JsonObject, sources: Sources, files: PipelineFiles
) -> dict[str, object]:
    spec = {
        key: value
        for key, value in sources.component(reference).items()
        if value is not None and not key.startswith("_") and key not in _DONE
    }
    kind = node_kind(str(spec["type"])) if spec.get("type") in node_kinds() else None
    if kind and kind.CODE:
        spec[kind.CODE] = _placed(mapping(spec.get(kind.CODE)), sources)
    else:
        spec = _placed(spec, sources)
    if kind:
        kind.override(spec, node)
    if "entry" in spec:
        spec["entry"] = _entry(mapping(spec["entry"]))
    if "distribution" in spec:
        spec["distribution"] = distribution_fields(spec)
    if "jobs" in spec:
        spec["jobs"] = {
            inner: _node(inner_name(name, inner), mapping(block), sources, files, folder=".")
            for inner, block in mapping(spec.get("jobs")).items()
        }
    spec["inputs"] = {key: _port(mapping(p)) for key, p in mapping(spec.get("inputs")).items()}
    return spec


def _placed(block: JsonObject, sources: Sources) -> dict[str, object]:
    """Return a component, or the block of it that has code, as a file states it."""
    placed = dict(block)
    if "code" in placed:
        placed["code"] = sources.code(str(placed["code"]))
    if isinstance(placed.get("environment"), str):
        placed["environment"] = short_reference(str(placed["environment"]))
    return placed


def inner_name(outer: str, inner: str) -> str:
    return f"{outer}.{inner}"


def _port(port: JsonObject) -> dict[str, object]:
    """Return a port with bounds as numbers: the client sends them as text."""
    bounds = {key: float(str(port[key])) for key in ("min", "max") if port.get(key) is not None}
    return {key: value for key, value in port.items() if value is not None} | bounds


def _inputs(owner: JsonObject) -> dict[str, object]:
    ports = mapping(owner.get("inputs")).items()
    return {name: input_setting(mapping(value)) for name, value in ports if value is not None}


def _outputs(owner: JsonObject) -> dict[str, object]:
    ports = mapping(owner.get("outputs")).items()
    return {name: output_setting(mapping(value)) for name, value in ports if value is not None}


def _entry(entry: JsonObject) -> dict[str, object] | None:
    return {"file": entry["file"]} if "file" in entry else dict(entry) or None


def _compute(owner: JsonObject) -> dict[str, object]:
    compute = named(owner, "computeId") or owner.get("computeId")
    return {"compute": compute_name(str(compute))} if compute else {}


def _identity(owner: JsonObject) -> dict[str, object]:
    identity = mapping(owner.get("identity"))
    return {"identity": identity_setting(identity)} if identity else {}


def _without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in (None, {}, [], "")}
