"""Routes of batch endpoints, of their deployments, and of the jobs that invocations submit."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, make_response, request

from aml_pipelines.workspace.endpoints.batch.jobs import ENDPOINT, is_pipeline, job_body, stage_code
from aml_pipelines.workspace.endpoints.batch.views import (
    BATCH_PREFIX,
    default_deployment,
    deployment_resource,
    deployments_of,
    endpoint_resource,
    job_resource,
)
from aml_pipelines.workspace.endpoints.envelopes import SHARED, no_such_endpoint
from aml_pipelines.workspace.http.addresses import address
from aml_pipelines.workspace.http.arm import ArmError, answer, page
from aml_pipelines.workspace.http.fields import mapping_in, texts_in
from aml_pipelines.workspace.http.filters import has_properties
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.batch_policy import DEPLOYMENT
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping


_FILTERS = frozenset({"count"})
_CHOSEN = "azureml-model-deployment"


routes = Blueprint("batch", __name__)
invocations = Blueprint("batch_jobs", __name__)
job_lists = Blueprint("batch_job_lists", __name__)


@routes.get("/batchEndpoints")
def list_endpoints() -> Response:
    return page([endpoint_resource(item) for item in here().batch_endpoints.all()], also=_FILTERS)


@routes.get("/batchEndpoints/<name>")
def get_endpoint(name: str) -> Response:
    endpoint = here().batch_endpoints.find(name)
    if not endpoint:
        raise no_such_endpoint("batch endpoint", name)
    return answer(endpoint_resource(endpoint))


@routes.put("/batchEndpoints/<name>")
def put_endpoint(name: str) -> Response:
    body = json_body()
    check_body("BatchEndpoint", body)
    default = mapping_in(mapping_in(body, "properties"), "defaults").get("deploymentName")
    if default and not here().batch_deployments.find(f"{name}/{default}"):
        raise ArmError(400, "UserError", f"endpoint {name!r} has no deployment {default!r}")
    stored = here().batch_endpoints.find(asset_name(name))
    version = stored.content.get("apiVersion") if stored else request.args.get("api-version", "")
    content = {**_kept(body), "apiVersion": version}
    document, is_new = here().batch_endpoints.put(name, content)
    state = "Creating" if is_new else "Updating"
    return here().operations.begin(answer(endpoint_resource(document, state), is_new=is_new))


@routes.delete("/batchEndpoints/<name>")
def delete_endpoint(name: str) -> Response:
    for deployment in deployments_of(name):
        here().batch_deployments.delete(deployment.name)
    existed = here().batch_endpoints.delete(name)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@routes.get("/batchEndpoints/<endpoint>/deployments")
def list_deployments(endpoint: str) -> Response:
    here().batch_endpoints.get(endpoint)
    return page([deployment_resource(item) for item in deployments_of(endpoint)], also=_FILTERS)


@routes.get("/batchEndpoints/<endpoint>/deployments/<name>")
def get_deployment(endpoint: str, name: str) -> Response:
    here().batch_endpoints.get(endpoint)
    return answer(deployment_resource(here().batch_deployments.get(f"{endpoint}/{name}")))


@routes.put("/batchEndpoints/<endpoint>/deployments/<name>")
def put_deployment(endpoint: str, name: str) -> Response:
    here().batch_endpoints.get(endpoint)
    content = _deployable(json_body())
    document, is_new = here().batch_deployments.put(f"{endpoint}/{asset_name(name)}", content)
    return here().operations.begin(answer(deployment_resource(document), is_new=is_new))


@routes.delete("/batchEndpoints/<endpoint>/deployments/<name>")
def delete_deployment(endpoint: str, name: str) -> Response:
    if default_deployment(here().batch_endpoints.get(endpoint)) == name:
        raise ArmError(409, "Conflict", f"{name!r} is the default deployment of {endpoint!r}")
    existed = here().batch_deployments.delete(f"{endpoint}/{name}")
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@invocations.post(f"{BATCH_PREFIX}/<endpoint>/jobs")
def invoke(endpoint: str) -> Response:
    workspace = here()
    name = request.headers.get(_CHOSEN) or default_deployment(
        workspace.batch_endpoints.get(endpoint)
    )
    if not name:
        raise ArmError(404, "NotFound", f"endpoint {endpoint!r} has no default deployment")
    invocation = mapping_in(json_body(), "properties")
    deployment = workspace.batch_deployments.get(f"{endpoint}/{name}")
    fields = job_body(workspace, deployment, invocation, endpoint=endpoint)
    body = {key: value for key, value in fields.items() if value is not None}
    check_body("JobBaseProperties", body)
    job = str(invocation.get("name") or f"batchjob-{uuid.uuid4()}")
    submitted, _ = workspace.running().submissions.submit(asset_name(job), body)
    return make_response(jsonify(job_resource(submitted)), 201)


@invocations.get(f"{BATCH_PREFIX}/<endpoint>/swagger.json")
def describe(endpoint: str) -> Response:
    here().batch_endpoints.get(endpoint)
    job = {"summary": "Submit a job", "responses": {"201": {"description": "The submitted job"}}}
    return jsonify(
        openapi="3.0.1",
        info={"title": endpoint, "version": "1"},
        servers=[{"url": f"{address()}{BATCH_PREFIX}/{endpoint}"}],
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
    return jsonify(value=[job_resource(job) for job in found])


def _deployable(body: Mapping[str, object]) -> dict[str, object]:
    check_body("BatchDeployment", body)
    content = _kept(body)
    properties = mapping_in(content, "properties")
    if not is_pipeline(properties):
        content["codeId"] = f"{here().scope.id}/{stage_code(here(), properties)}"
    return content


def _kept(body: Mapping[str, object]) -> dict[str, object]:
    kept = {key: body[key] for key in (*SHARED, "properties") if body.get(key)}
    properties = mapping_in(kept, "properties")
    if properties.get("properties"):
        kept["properties"] = {**properties, "properties": texts_in(properties, "properties")}
    return kept
