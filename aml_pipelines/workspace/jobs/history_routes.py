"""Routes of the run history: runs, details, children, edits; and of logs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.fields import list_in, mapping
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.jobs.log_links import LOGS_PREFIX
from aml_pipelines.workspace.jobs.status import (
    NodeView,
    find_child,
    log_of,
    nodes_of,
    outputs_of,
    trials_of,
)
from aml_pipelines.workspace.jobs.unset import DEFAULT
from aml_pipelines.workspace.jobs.views import (
    artifacts_uri,
    job_logs,
    job_run,
    lake_uri,
    node_logs,
    node_run,
)
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.jobs.store import SubmittedJob

DISCOVERY_PREFIX = "/discovery"
# The fields of a run that may be edited, as the client's jobs.update and archive send them.
_EDITS = {
    "displayName": "displayName",
    "description": "description",
    "tags": "tags",
    "properties": "properties",
    "hidden": "isArchived",
}
# The history adds to these and replaces all other fields.
_MERGED = ("tags", "properties")
history = Blueprint("history", __name__)
outputs = Blueprint("outputs", __name__)
logs = Blueprint("logs", __name__)


@history.get("/runs/<name>")
@history.get("/experiments/<experiment>/runs/<name>")
def get_run(name: str, **_: str) -> Response:
    return jsonify(_run(name))


@history.get("/runs/<name>/details")
def get_details(name: str) -> Response:
    job, node = _find(name)
    log_files = node_logs(job, node) if node else job_logs(job)
    return jsonify({**_run(name), "warnings": [], "logFiles": log_files})


@history.get("/runs/<name>/children")
def list_children(name: str) -> Response:
    job, node = _find(name)
    state = here().folder.root
    nodes = nodes_of(job, state) if node is None and job.kind == "Pipeline" else []
    children = nodes or [trial for trial in trials_of(job, state) if trial.parent == name]
    return jsonify(value=[node_run(job, item) for item in children])


@history.get("/runs/<name>/serviceinstances/<node>")
def list_services(name: str, node: str) -> Response:  # noqa: ARG001 # a node of a cluster
    # Services are kept with a job, and none is started.
    _find(name)
    return jsonify(instances={})


@history.post("/rundata")
def get_run_data() -> Response:
    return jsonify(runMetadata=_run(str(json_body().get("runId"))))


@history.patch("/experiments/<experiment>/runs/<name>")
@history.patch("/runs/<name>")
def edit_run(name: str, **_: str) -> Response:
    job, node = _find(name)
    if node:
        raise ArmError(400, "UserError", f"{name!r} is a node of a pipeline; edit the pipeline")
    here().jobs.edit(name, _edits(job))
    return jsonify(_run(name))


@outputs.post("/dataversion/batchGetResolvedUris")
def resolve_outputs() -> Response:
    assets = list_in(json_body(), "values")
    uris = {str(asset): _output_uri(str(asset)) for asset in assets}
    return jsonify(
        values={asset: {"uri": uri, "type": "uri_folder"} for asset, uri in uris.items()}
    )


@logs.get(f"{LOGS_PREFIX}/<name>")
@logs.get(f"{LOGS_PREFIX}/<name>/<node>")
@logs.get(f"{LOGS_PREFIX}/<name>/<node>/<file>")
def get_log(name: str, node: str = "", file: str = "") -> Response:
    workspace = here()
    if not workspace.log_links.is_right(name, node, file, request.args.get("sig", "")):
        raise ArmError(403, "AuthenticationFailed", "the signature is not this log's")
    job, state = workspace.jobs.job(name), workspace.folder.root
    below = [*nodes_of(job, state), *trials_of(job, state)]
    node_log = [item.log for item in below if item.name == node]
    log = node_log[0] if node_log else log_of(job, state)
    if log and file:
        log = log.with_name(file)
    text = log.read_bytes() if log and log.is_file() else b""
    return Response(text, mimetype="text/plain")


@logs.get(f"{DISCOVERY_PREFIX}/workspaces/<_name>")
def discover(_name: str) -> Response:
    apis = ("api", "history", "experimentation", "modelmanagement")
    return jsonify(dict.fromkeys(apis, address()))


def _find(name: str) -> tuple[SubmittedJob, NodeView | None]:
    workspace = here()
    job = workspace.jobs.find(name)
    if job:
        return job, None
    child = find_child(workspace.jobs, name, workspace.folder.root)
    if not child:
        raise NotFoundError(f"job {name!r} does not exist in this workspace")
    return child


def _run(name: str) -> dict[str, object]:
    job, node = _find(name)
    return node_run(job, node) if node else job_run(job)


def _edits(job: SubmittedJob) -> dict[str, object]:
    changes: dict[str, object] = {}
    for name, value in json_body().items():
        if value is None or name == "runId":
            continue
        if name not in _EDITS:
            raise ArmError(
                400, "ValidationError", f"{name!r} of a run cannot be edited; {sorted(_EDITS)} can"
            )
        field = _EDITS[name]
        stored = mapping(job.properties.get(field))
        changes[field] = {**stored, **mapping(value)} if name in _MERGED else value
    return changes


def _output_uri(asset: str) -> str:
    name, _, output = asset.rpartition("/")
    job, node = _find(name)
    if output == DEFAULT:
        return artifacts_uri(name)
    output_paths = node.outputs if node else outputs_of(job, here().folder.root)
    if output not in output_paths:
        raise NotFoundError(f"job {name!r} has no output {output!r}; it has {sorted(output_paths)}")
    return lake_uri(output_paths[output])
