"""Shapes jobs as ARM resources and as runs of the run history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.execution.distributed import other_logs
from aml_pipelines.pipeline.job_outputs import artifact_folder
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.pipeline.references import ARTIFACT_STORE, long_uri
from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.arm import without_system_data
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.logs import NODE_LOG, PIPELINE_LOG, rank_log
from aml_pipelines.workspace.jobs.run_properties import run_properties
from aml_pipelines.workspace.jobs.status import NodeView, nodes_of, outputs_of, status_of
from aml_pipelines.workspace.jobs.translate import single_node
from aml_pipelines.workspace.jobs.unset import DEFAULT, SWEEP, completed
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.arm import Resource
    from aml_pipelines.workspace.jobs.store import SubmittedJob


def job_resource(job: SubmittedJob) -> Resource:
    """Return the ARM resource of a job as it is read."""
    resource = job_submitted(job)
    if job.is_final or DEFAULT in mapping_in(job.properties, "outputs"):
        return resource
    # Clients that stream the logs below this output sign addresses by an account's key, which a
    # folder does not have; without it they ask the run history.
    properties = mapping_in(resource, "properties")
    outputs = mapping_in(properties, "outputs")
    outputs.pop(DEFAULT, None)
    return {**resource, "properties": {**properties, "outputs": outputs}}


def job_submitted(job: SubmittedJob) -> Resource:
    """Return the ARM resource of a job as the answer to its PUT has it.

    It is of the form of the API version that the request names.
    """
    shown = completed(job.name, job.properties, request.args.get("api-version", ""))
    made = outputs_of(job, _state())
    outputs = mapping_in(shown, "outputs")
    properties = {
        "displayName": job.name,
        **shown,
        "experimentName": job.experiment,
        "isArchived": job.is_archived,
        "tags": _tags(job),
        "outputs": {name: _placed(mapping(port), made.get(name)) for name, port in outputs.items()},
        "properties": {**run_properties(job.properties), **_properties(job)},
        "status": status_of(job, _state()),
        "services": _services(job),
    }
    resource = here().scope.resource(f"jobs/{job.name}", properties, created_at=job.created_at)
    return without_system_data(resource, "lastModifiedAt", "lastModifiedBy", "lastModifiedByType")


def child_resource(name: str) -> Resource:
    """Return the ARM resource of a node: the API shows no more than that it exists."""
    return {**here().scope.resource(f"jobs/{name}", {}), "properties": None}


def job_run(job: SubmittedJob) -> dict[str, object]:
    """Return a job as a run of the run history."""
    outputs = [*outputs_of(job, _state()), DEFAULT]
    return {
        **_run(job, job.name, str(job.properties.get("displayName") or job.name)),
        "status": status_of(job, _state()),
        "description": job.properties.get("description"),
        "tags": _tags(job),
        "properties": _properties(job),
        "hidden": job.is_archived,
        "error": _error(job.error) if job.state == "Failed" else None,
        "outputs": {name: _output_id(job.name, name) for name in outputs},
    }


def node_run(job: SubmittedJob, node: NodeView) -> dict[str, object]:
    """Return a node of a pipeline as a run of the run history, with the job as its parent."""
    name = run_of_node(job.name, node.name)
    reused = {"azureml.isreused": "true"} if node.is_reused else {}
    return {
        **_run(job, name, node.name),
        "parentRunId": node.parent,
        "status": node.status,
        "tags": {**_tracked(name), **node.tags},
        "properties": {
            "azureml.moduleName": job.graph.components.get(node.name, node.name),
            "azureml.runsource": node.kind,
            **node.properties,
            **reused,
        },
        "error": _error(f"node {node.name!r} {node.error}") if node.error else None,
        "outputs": {output: _output_id(name, output) for output in [*node.outputs, DEFAULT]},
    }


def job_logs(job: SubmittedJob) -> dict[str, str]:
    """Return links to the logs of a job, by the names that Azure gives them."""
    if single_node(job.properties):
        (node,) = nodes_of(job, _state())
        return node_logs(job, node)
    return {PIPELINE_LOG: here().log_links.link(job.name)}


def node_logs(job: SubmittedJob, node: NodeView) -> dict[str, str]:
    """Return links to the log of a node, and to those of its further processes."""
    links, others = here().log_links, other_logs(node.log) if node.log else []
    return {
        NODE_LOG: links.link(job.name, node.name),
        **{rank_log(log): links.link(job.name, node.name, log.name) for log in others},
    }


def lake_uri(path: str) -> str:
    """Return the URI of a path in the lake; a path elsewhere is returned as it is."""
    location = Path(path)
    if not location.is_relative_to(_state()):
        return path
    short = f"azureml://datastores/lake/paths/{location.relative_to(_state()).as_posix()}"
    return long_uri(short, here().scope.id)


def artifacts_uri(run: str) -> str:
    """Return the URI of a run's artifacts, such as logs."""
    short = f"azureml://datastores/{ARTIFACT_STORE}/paths/{artifact_folder(run)}/"
    return long_uri(short, here().scope.id)


def _properties(job: SubmittedJob) -> dict[str, object]:
    """Return the properties that a job was given, and those that its one node has told."""
    nodes = nodes_of(job, _state()) if single_node(job.properties) else []
    told = nodes[0].properties if nodes else {}
    return {**mapping(job.properties.get("properties")), **told}


def _tags(job: SubmittedJob) -> dict[str, str]:
    """Return the tags of a job: those that its code set, and over them those of its body."""
    return {**_tracked(job.name), **job.tags}


def _tracked(run: str) -> dict[str, str]:
    return here().tracking.tags(run)


def _placed(output: Mapping[str, object], location: str | None) -> dict[str, object]:
    return {**output, "uri": lake_uri(location)} if location else dict(output)


def _services(job: SubmittedJob) -> dict[str, object]:
    studio = _service("Studio", (here().folder.runs / job.name).resolve().as_uri())
    if job.kind == SWEEP:  # it has no run of its own to log to, its trials have
        return {"Studio": studio}
    return {"Tracking": _service("Tracking", address()), "Studio": studio}


def _service(kind: str, endpoint: str) -> dict[str, object]:
    unset = dict.fromkeys(("port", "status", "errorMessage", "properties", "nodes"))
    return {"jobServiceType": kind, "endpoint": endpoint, **unset}


def _run(job: SubmittedJob, name: str, display_name: str) -> dict[str, object]:
    return {
        "runId": name,
        "rootRunId": job.name,
        "displayName": display_name,
        "experimentId": job.experiment,
        "createdUtc": _time(job.created_at),
        "startTimeUtc": _time(job.started_at),
        "endTimeUtc": _time(job.ended_at),
        "createdBy": {"userName": "local"},
        "target": "local",
        "runType": "azureml.PipelineRun" if name == job.name else "azureml.StepRun",
    }


def _error(message: str) -> dict[str, object]:
    return {"error": {"code": "UserError", "message": message}}


def _output_id(run: str, output: str) -> dict[str, str]:
    return {"assetId": f"{run}/{output}", "type": "uri_folder"}


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _state() -> Path:
    return here().folder.root
