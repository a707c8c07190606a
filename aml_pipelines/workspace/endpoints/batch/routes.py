"""Routes of batch endpoints, of their deployments, and of the jobs that invocations submit."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, make_response, request

from aml_pipelines.workspace.endpoints.batch.jobs import ENDPOINT, is_pipeline, job_body, stage_code
from aml_pipelines.workspace.http.arm import ArmError, Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in, texts_in
from aml_pipelines.workspace.http.filters import has_properties
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.batch_policy import DEPLOYMENT
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.jobs.store import SubmittedJob
    from aml_pipelines.workspace.store.documents import StoredDocument

BATCH_PREFIX = "/scoring/batch"
_SHARED = ("location", "tags", "identity", "kind", "sku")
_FILTERS = frozenset({"count"})
_CHOSEN = "azureml-model-deployment"


routes = Blueprint("batch", __name__)
invocations = Blueprint("batch_jobs", __name__)
job_lists = Blueprint("batch_job_lists", __name__)


@routes.get("/batchEndpoints")
def list_endpoints() -> Response:
    return page([_endpoint(item) for item in here().batch_endpoints.all()], also=_FILTERS)


@routes.get("/batchEndpoints/<name>")
def get_endpoint(name: str) -> Response:
    return answer(_endpoint(here().batch_endpoints.get(name)))


@routes.put("/batchEndpoints/<name>")
def put_endpoint(name: str) -> Response:
    body = json_body()
    check_body("BatchEndpoint", body)
    default = mapping_in(mapping_in(body, "properties"), "defaults").get("deploymentName")
    if default and not here().batch_deployments.find(f"{name}/{default}"):
        raise ArmError(400, "UserError", f"endpoint {name!r} has no deployment {default!r}")
    document, is_new = here().batch_endpoints.put(asset_name(name), _kept(body))
    return here().operations.begin(answer(_endpoint(document), is_new=is_new))


@routes.delete("/batchEndpoints/<name>")
def delete_endpoint(name: str) -> Response:
    for deployment in _deployments_of(name):
        here().batch_deployments.delete(deployment.name)
    existed = here().batch_endpoints.delete(name)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@routes.get("/batchEndpoints/<endpoint>/deployments")
def list_deployments(endpoint: str) -> Response:
    here().batch_endpoints.get(endpoint)
    return page([_deployment(item) for item in _deployments_of(endpoint)], also=_FILTERS)


@routes.get("/batchEndpoints/<endpoint>/deployments/<name>")
def get_deployment(endpoint: str, name: str) -> Response:
    here().batch_endpoints.get(endpoint)
    return answer(_deployment(here().batch_deployments.get(f"{endpoint}/{name}")))


@routes.put("/batchEndpoints/<endpoint>/deployments/<name>")
def put_deployment(endpoint: str, name: str) -> Response:
    here().batch_endpoints.get(endpoint)
    content = _deployable(json_body())
    document, is_new = here().batch_deployments.put(f"{endpoint}/{asset_name(name)}", content)
    return here().operations.begin(answer(_deployment(document), is_new=is_new))


@routes.delete("/batchEndpoints/<endpoint>/deployments/<name>")
def delete_deployment(endpoint: str, name: str) -> Response:
    if _default(here().batch_endpoints.get(endpoint)) == name:
        raise ArmError(409, "Conflict", f"{name!r} is the default deployment of {endpoint!r}")
    existed = here().batch_deployments.delete(f"{endpoint}/{name}")
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@invocations.post(f"{BATCH_PREFIX}/<endpoint>/jobs")
def invoke(endpoint: str) -> Response:
    workspace = here()
    name = request.headers.get(_CHOSEN) or _default(workspace.batch_endpoints.get(endpoint))
    if not name:
        raise ArmError(404, "NotFound", f"endpoint {endpoint!r} has no default deployment")
    invocation = mapping_in(json_body(), "properties")
    deployment = workspace.batch_deployments.get(f"{endpoint}/{name}")
    fields = job_body(workspace, deployment, invocation, endpoint=endpoint)
    body = {key: value for key, value in fields.items() if value is not None}
    check_body("JobBaseProperties", body)
    job = str(invocation.get("name") or f"batchjob-{uuid.uuid4()}")
    submitted, _ = workspace.running().submissions.submit(asset_name(job), body)
    return make_response(jsonify(_job(submitted)), 201)


@invocations.get(f"{BATCH_PREFIX}/<endpoint>/swagger.json")
def describe(endpoint: str) -> Response:
    here().batch_endpoints.get(endpoint)
    job = {"summary": "Submit a job", "responses": {"201": {"description": "The submitted job"}}}
    return jsonify(
        openapi="3.0.1",
        info={"title": endpoint, "version": "1"},
        servers=[{"url": f"https://{request.host}{BATCH_PREFIX}/{endpoint}"}],
        paths={"/jobs": {"post": job}},
    )


@job_lists.get("/batchEndpoints/<endpoint>/jobs")
def list_jobs(endpoint: str) -> Response:
    here().batch_endpoints.get(endpoint)
    return _jobs_with({ENDPOINT: endpoint})


@job_lists.get("/batchEndpoints/<endpoint>/deployments/<name>/jobs")
def list_deployment_jobs(endpoint: str, name: str) -> Response:
    here().batch_deployments.get(f"{endpoint}/{name}")
    return _jobs_with({ENDPOINT: endpoint, DEPLOYMENT: name})


def _jobs_with(asked: Mapping[str, str]) -> Response:
    jobs = here().jobs.all()
    found = [job for job in jobs if has_properties(mapping_in(job.properties, "properties"), asked)]
    return jsonify(value=[_job(job) for job in found])


def _deployable(body: Mapping[str, object]) -> dict[str, object]:
    check_body("BatchDeployment", body)
    content = _kept(body)
    properties = mapping_in(content, "properties")
    if not is_pipeline(properties):
        content["codeId"] = f"{here().scope.id}/{stage_code(here(), properties)}"
    return content


def _kept(body: Mapping[str, object]) -> dict[str, object]:
    kept = {key: body[key] for key in (*_SHARED, "properties") if body.get(key)}
    properties = mapping_in(kept, "properties")
    if properties.get("properties"):
        kept["properties"] = {**properties, "properties": texts_in(properties, "properties")}
    return kept


def _deployments_of(endpoint: str) -> list[StoredDocument]:
    deployments = here().batch_deployments.all()
    return [item for item in deployments if item.name.split("/")[0] == endpoint]


def _default(endpoint: StoredDocument) -> str | None:
    name = mapping_in(endpoint.properties, "defaults").get("deploymentName")
    return str(name) if name else None


def _job(job: SubmittedJob) -> Resource:
    properties = {"status": job.state}
    return here().scope.resource(f"jobs/{job.name}", properties, created_at=job.created_at)


def _endpoint(endpoint: StoredDocument) -> Resource:
    address = f"https://{request.host}{BATCH_PREFIX}/{endpoint.name}"
    more = {
        "scoringUri": f"{address}/jobs",
        "swaggerUri": f"{address}/swagger.json",
        # An object also where nothing is the default: clients set a field of it.
        "defaults": {"deploymentName": _default(endpoint)},
    }
    return _resource(f"batchEndpoints/{endpoint.name}", endpoint, more)


def _deployment(deployment: StoredDocument) -> Resource:
    endpoint, name = deployment.name.split("/")
    path = f"batchEndpoints/{endpoint}/deployments/{name}"
    return _resource(path, deployment, {})


def _resource(path: str, document: StoredDocument, more: Mapping[str, object]) -> Resource:
    properties = {key: value for key, value in document.properties.items() if value is not None}
    resource = here().scope.resource(
        path,
        {**properties, **more, "provisioningState": "Succeeded"},
        created_at=document.created_at,
        modified_at=document.modified_at,
    )
    shared = {key: value for key, value in document.content.items() if key in _SHARED}
    return {"location": "local", "tags": {}, **resource, **shared}
