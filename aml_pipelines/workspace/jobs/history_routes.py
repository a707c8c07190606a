"""Routes of the run history and what belongs to it: details, children, logs, outputs, edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.http.arm import ArmError, Scope
from aml_pipelines.workspace.jobs.status import NodeView, log_of, nodes_of, outputs_of
from aml_pipelines.workspace.jobs.views import (
    DEFAULT,
    LOGS_PREFIX,
    LogLinks,
    artifacts_uri,
    job_logs,
    job_run,
    lake_uri,
    node_logs,
    node_run,
)
from aml_pipelines.workspace.jobs.vocabulary import mapping

if TYPE_CHECKING:
    from aml_pipelines.workspace.jobs.store import Job, Jobs

DISCOVERY_PREFIX = "/discovery"
# The fields of a run that may be edited, as the client's jobs.update and archive send them.
_EDITS = {
    "displayName": "displayName",
    "description": "description",
    "tags": "tags",
    "properties": "properties",
    "hidden": "isArchived",
}
_MERGED = ("tags", "properties")


def history_routes(scope: Scope, jobs: Jobs, links: LogLinks) -> Blueprint:
    """Serve the runs of `jobs`, below the workspace's path in the history's API."""
    routes = Blueprint("history", __name__)

    @routes.get("/runs/<name>")
    @routes.get("/experiments/<experiment>/runs/<name>")
    def get_run(name: str, **_: str) -> Response:
        return jsonify(_run(name, scope, jobs))

    @routes.get("/runs/<name>/details")
    def get_details(name: str) -> Response:
        job, node = _find(name, scope, jobs)
        logs = node_logs(job, node, links) if node else job_logs(job, links)
        return jsonify({**_run(name, scope, jobs), "warnings": [], "logFiles": logs})

    @routes.get("/runs/<name>/children")
    def list_children(name: str) -> Response:
        job, node = _find(name, scope, jobs)
        has_none = node is not None or job.kind != "Pipeline"
        children = [] if has_none else [node_run(job, item) for item in nodes_of(job, scope.state)]
        return jsonify(value=children)

    @routes.post("/rundata")
    def get_run_data() -> Response:
        asked = request.get_json(silent=True) or {}
        return jsonify(runMetadata=_run(str(asked.get("runId")), scope, jobs))

    @routes.patch("/experiments/<experiment>/runs/<name>")
    @routes.patch("/runs/<name>")
    def edit_run(name: str, **_: str) -> Response:
        job, node = _find(name, scope, jobs)
        if node:
            raise ArmError(400, "UserError", f"{name!r} is a node of a pipeline; edit the pipeline")
        jobs.edit(name, _edits(job))
        return jsonify(_run(name, scope, jobs))

    return routes


def output_routes(scope: Scope, jobs: Jobs) -> Blueprint:
    """Serve where outputs of jobs are, below the workspace's path in the data plane's API."""
    routes = Blueprint("outputs", __name__)

    @routes.post("/dataversion/batchGetResolvedUris")
    def resolve() -> Response:
        asked = (request.get_json(silent=True) or {}).get("values", [])
        found = {item: _output_uri(str(item), scope, jobs) for item in asked}
        return jsonify(
            values={item: {"uri": uri, "type": "uri_folder"} for item, uri in found.items()}
        )

    return routes


def log_routes(scope: Scope, jobs: Jobs, links: LogLinks) -> Blueprint:
    """Serve logs to who has a link, and the addresses of the workspace's other APIs."""
    routes = Blueprint("logs", __name__)

    @routes.get(f"{LOGS_PREFIX}/<name>")
    @routes.get(f"{LOGS_PREFIX}/<name>/<node>")
    def get_log(name: str, node: str = "") -> Response:
        if not links.is_right(name, node, request.args.get("sig", "")):
            raise ArmError(403, "AuthenticationFailed", "the signature is not this log's")
        job = jobs.job(name)
        found = [item.log for item in nodes_of(job, scope.state) if item.name == node]
        log = found[0] if found else log_of(job, scope.state)
        text = log.read_bytes() if log and log.is_file() else b""
        return Response(text, mimetype="text/plain")

    @routes.get(f"{DISCOVERY_PREFIX}/workspaces/<_name>")
    def discover(_name: str) -> Response:
        here = f"https://{request.host}"
        return jsonify(
            dict.fromkeys(("api", "history", "experimentation", "modelmanagement"), here)
        )

    return routes


def _find(name: str, scope: Scope, jobs: Jobs) -> tuple[Job, NodeView | None]:
    job = jobs.find(name)
    if job:
        return job, None
    parent = jobs.parent_of(name)
    if not parent:
        raise NotFoundError(f"job {name!r} does not exist in this workspace")
    (node,) = [item for item in nodes_of(parent[0], scope.state) if item.name == parent[1]]
    return parent[0], node


def _run(name: str, scope: Scope, jobs: Jobs) -> dict[str, object]:
    job, node = _find(name, scope, jobs)
    return node_run(job, node) if node else job_run(job, scope)


def _edits(job: Job) -> dict[str, object]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise ArmError(400, "ValidationError", "the body is no mapping")
    changes: dict[str, object] = {}
    for name, value in given.items():
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


def _output_uri(asset: str, scope: Scope, jobs: Jobs) -> str:
    name, _, output = asset.rpartition("/")
    job, node = _find(name, scope, jobs)
    if output == DEFAULT:
        return artifacts_uri(name, scope)
    outputs = node.outputs if node else outputs_of(job, scope.state)
    if output not in outputs:
        raise NotFoundError(f"job {name!r} has no output {output!r}; it has {sorted(outputs)}")
    return lake_uri(outputs[output], scope)
