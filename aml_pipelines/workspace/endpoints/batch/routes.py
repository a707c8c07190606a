"""Routes of batch endpoints and their deployments, and the addresses that start their jobs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.endpoints.batch.jobs import is_pipeline, job_body, stage_code
from aml_pipelines.workspace.http.arm import ArmError, Resource, Scope, answer, page
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body, mapping_in
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.routes import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.background import JobService
    from aml_pipelines.workspace.http.operations import Operations
    from aml_pipelines.workspace.jobs.store import Job, Jobs
    from aml_pipelines.workspace.store.documents import Document, Documents

BATCH_PREFIX = "/scoring/batch"
_SHARED = ("location", "tags", "identity", "kind", "sku")
_FILTERS = frozenset({"count"})
_DEPLOYMENT = "azureml-model-deployment"


def batch_routes(
    scope: Scope, endpoints: Documents, deployments: Documents, operations: Operations
) -> Blueprint:
    """Serve `endpoints`; deleting one deletes those of `deployments` that are its own."""
    routes = Blueprint("batch", __name__)

    @routes.get("/")
    def list_endpoints() -> Response:
        return page([_endpoint(scope, item) for item in endpoints.all()], also=_FILTERS)

    @routes.get("/<name>")
    def get_endpoint(name: str) -> Response:
        return answer(_endpoint(scope, endpoints.get(name)))

    @routes.put("/<name>")
    def put_endpoint(name: str) -> Response:
        body = json_body()
        check_body("BatchEndpoint", body)
        default = mapping_in(mapping_in(body, "properties"), "defaults").get("deploymentName")
        if default and not deployments.find(f"{name}/{default}"):
            raise ArmError(400, "UserError", f"endpoint {name!r} has no deployment {default!r}")
        document, is_new = endpoints.put(asset_name(name), _kept(body))
        return operations.begin(answer(_endpoint(scope, document), is_new=is_new))

    @routes.delete("/<name>")
    def delete_endpoint(name: str) -> Response:
        for deployment in _of(deployments, name):
            deployments.delete(deployment.name)
        is_there = endpoints.delete(name)
        return operations.begin(Response(status=202)) if is_there else Response(status=204)

    return routes


def batch_deployment_routes(
    scope: Scope, endpoints: Documents, deployments: Documents, operations: Operations
) -> Blueprint:
    """Serve `deployments`, each of one of `endpoints`."""
    routes = Blueprint("batch_deployments", __name__)

    @routes.get("/")
    def list_deployments(endpoint: str) -> Response:
        endpoints.get(endpoint)
        found = [_deployment(scope, item) for item in _of(deployments, endpoint)]
        return page(found, also=_FILTERS)

    @routes.get("/<name>")
    def get_deployment(endpoint: str, name: str) -> Response:
        endpoints.get(endpoint)
        return answer(_deployment(scope, deployments.get(f"{endpoint}/{name}")))

    @routes.put("/<name>")
    def put_deployment(endpoint: str, name: str) -> Response:
        endpoints.get(endpoint)
        content = _deployable(scope, json_body())
        document, is_new = deployments.put(f"{endpoint}/{asset_name(name)}", content)
        return operations.begin(answer(_deployment(scope, document), is_new=is_new))

    @routes.delete("/<name>")
    def delete_deployment(endpoint: str, name: str) -> Response:
        if _default(endpoints.get(endpoint)) == name:
            raise ArmError(409, "Conflict", f"{name!r} is the default deployment of {endpoint!r}")
        is_there = deployments.delete(f"{endpoint}/{name}")
        return operations.begin(Response(status=202)) if is_there else Response(status=204)

    return routes


def _deployable(scope: Scope, body: Mapping[str, object]) -> dict[str, object]:
    check_body("BatchDeployment", body)
    content = _kept(body)
    properties = mapping_in(content, "properties")
    if not is_pipeline(properties):
        content["codeId"] = f"{scope.id}/{stage_code(scope.state, properties)}"
    return content


def batch_job_routes(
    scope: Scope,
    endpoints: Documents,
    deployments: Documents,
    service: JobService | None,
) -> Blueprint:
    """Start the jobs of `deployments`."""
    routes = Blueprint("batch_jobs", __name__)

    @routes.post(f"{BATCH_PREFIX}/<endpoint>/jobs")
    def invoke(endpoint: str) -> Response:
        found = endpoints.get(endpoint)
        name = request.headers.get(_DEPLOYMENT) or _default(found)
        if not name:
            raise ArmError(404, "NotFound", f"endpoint {endpoint!r} has no default deployment")
        asked = mapping_in(json_body(), "properties")
        body = job_body(
            scope.state, deployments.get(f"{endpoint}/{name}"), asked, endpoint=endpoint
        )
        body = {key: value for key, value in body.items() if value is not None}
        check_body("JobBaseProperties", body)
        job = str(asked.get("name") or f"batchjob-{uuid.uuid4()}")
        submitted, _ = running(service).submissions.submit(asset_name(job), body)
        answer = jsonify(_job(scope, submitted))
        answer.status_code = 201
        return answer

    return routes


def batch_job_list_routes(scope: Scope, endpoints: Documents, jobs: Jobs) -> Blueprint:
    """List the jobs of `endpoints`, where the client looks for them."""
    routes = Blueprint("batch_job_lists", __name__)
    listed = f"/mferp/managementfrontend{scope.id}/batchEndpoints/<endpoint>/jobs"

    @routes.get(listed)
    def list_jobs(endpoint: str) -> Response:
        endpoints.get(endpoint)
        found = [
            job
            for job in jobs.all()
            if mapping_in(job.properties, "properties").get("azureml.endpointname") == endpoint
        ]
        return jsonify(value=[_job(scope, job) for job in found])

    return routes


def _kept(body: Mapping[str, object]) -> dict[str, object]:
    return {key: body[key] for key in (*_SHARED, "properties") if body.get(key)}


def _of(deployments: Documents, endpoint: str) -> list[Document]:
    return [item for item in deployments.all() if item.name.split("/")[0] == endpoint]


def _default(endpoint: Document) -> str | None:
    name = mapping_in(endpoint.properties, "defaults").get("deploymentName")
    return str(name) if name else None


def _job(scope: Scope, job: Job) -> dict[str, object]:
    found = scope.resource(f"jobs/{job.name}", {"status": job.state}, created_at=job.created_at)
    return dict(found)


def _endpoint(scope: Scope, endpoint: Document) -> Resource:
    uri = f"https://{request.host}{BATCH_PREFIX}/{endpoint.name}/jobs"
    return _resource(scope, f"batchEndpoints/{endpoint.name}", endpoint, {"scoringUri": uri})


def _deployment(scope: Scope, deployment: Document) -> Resource:
    endpoint, name = deployment.name.split("/")
    path = f"batchEndpoints/{endpoint}/deployments/{name}"
    return _resource(scope, path, deployment, {})


def _resource(scope: Scope, path: str, document: Document, told: Mapping[str, object]) -> Resource:
    given = {key: value for key, value in document.properties.items() if value is not None}
    resource = scope.resource(
        path,
        {**given, **told, "provisioningState": "Succeeded"},
        created_at=document.created_at,
        modified_at=document.modified_at,
    )
    shared = {key: value for key, value in document.content.items() if key in _SHARED}
    return {"location": "local", "tags": {}, **resource, **shared}
