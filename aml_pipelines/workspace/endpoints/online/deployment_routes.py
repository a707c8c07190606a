"""Routes of online deployments, each of which has a scoring server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.endpoints.deployments import deployed_code, deployed_model
from aml_pipelines.workspace.endpoints.envelopes import (
    SHARED,
    of_change,
    of_endpoints,
    shared_fields,
)
from aml_pipelines.workspace.endpoints.online.servers import server_log
from aml_pipelines.workspace.http.arm import Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in, texts_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

_STATE, _CREATING, _UPDATING, _SUCCEEDED = "state", "Creating", "Updating", "Succeeded"
_VARIABLES = "environmentVariables"
# The first API has this field, and not the one that came after it.
_FIRST_API, _FIRST_FIELD, _LATER_FIELD = "2022", "privateNetworkConnection", "dataCollector"
_LOG_LINES = 5000
# What the client expects of a deployment of this kind, also where none was given.
_UNSET: Mapping[str, Mapping[str, object]] = {
    "Kubernetes": {
        "containerResourceRequirements": {
            "containerResourceRequests": {},
            "containerResourceLimits": {},
        }
    }
}
_PROBE: Mapping[str, object] = {
    "failureThreshold": 30,
    "successThreshold": 1,
    "timeout": "PT2S",
    "period": "PT10S",
    "initialDelay": "PT10S",
}
# What the service gives a deployment whose body gives none.
_GIVEN_NONE: Mapping[str, object] = {
    **dict.fromkeys(("description", "modelMountPath", _LATER_FIELD)),
    "properties": {},
    "scaleSettings": {"scaleType": "Default"},
    "appInsightsEnabled": False,
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "egressPublicNetworkAccess": "Enabled",
}
_REQUESTS = {
    "requestTimeout": "PT5S",
    "maxConcurrentRequestsPerInstance": 1,
    "maxQueueWait": "PT0S",
}
routes = Blueprint("online_deployments", __name__)


@routes.get("/onlineEndpoints/<endpoint>/deployments")
def list_deployments(endpoint: str) -> Response:
    online = here().online
    online.endpoints.get(endpoint)
    return page([_resource(item) for item in online.of(endpoint)])


@routes.get("/onlineEndpoints/<endpoint>/deployments/<name>")
def get_deployment(endpoint: str, name: str) -> Response:
    online = here().online
    online.endpoints.get(endpoint)
    return answer(_resource(online.deployments.get(f"{endpoint}/{name}")))


@routes.put("/onlineEndpoints/<endpoint>/deployments/<name>")
def put_deployment(endpoint: str, name: str) -> Response:
    online, operations = here().online, here().operations
    online.endpoints.get(endpoint)
    key = f"{endpoint}/{asset_name(name)}"
    content = _recorded(key, json_body())
    stored = online.deployments.find(key)
    # The same deployment again: its server goes on.
    if stored and stored.content == {**content, _STATE: _SUCCEEDED}:
        return operations.begin(answer(_resource(stored)))
    state = _UPDATING if stored else _CREATING
    document, is_new = online.deployments.put(key, {**content, _STATE: state})
    resource = _resource(document)
    # What the service answers to a change names no size.
    begun = resource if is_new else of_change(resource, instanceType=None)
    return operations.begin(answer(begun, is_new=True), lambda: online.deploy(key))


@routes.delete("/onlineEndpoints/<endpoint>/deployments/<name>")
def delete_deployment(endpoint: str, name: str) -> Response:
    existed = here().online.delete_deployment(endpoint, name)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@routes.post("/onlineEndpoints/<endpoint>/deployments/<name>/getLogs")
def get_logs(endpoint: str, name: str) -> Response:
    body = json_body()
    check_body("DeploymentLogsRequest", body)
    key = f"{endpoint}/{name}"
    here().online.deployments.get(key)
    log = server_log(here().folder.online_deployment(key))
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return jsonify(content="\n".join(lines[-int(str(body.get("tail") or _LOG_LINES)) :]))


def _recorded(key: str, body: Mapping[str, object]) -> dict[str, object]:
    check_body("OnlineDeployment", body)
    # Of either kind, Managed or Kubernetes: its server is a process of this machine.
    properties = mapping_in(body, "properties")
    workspace = here()
    model = deployed_model(workspace.registry, properties)
    deployed_code(workspace.sources, properties, model)
    shared = {field: body[field] for field in SHARED if body.get(field)}
    # A client sends back the variables that it was told; they are the server's, not the body's.
    told = workspace.online.places(key, properties)
    variables = texts_in(properties, _VARIABLES)
    given = {name: value for name, value in variables.items() if told.get(name) != value}
    return {**shared, "properties": {**properties, _VARIABLES: given}}


def _resource(deployment: StoredDocument) -> Resource:
    endpoint, name = deployment.name.split("/")
    properties = {key: value for key, value in deployment.properties.items() if value is not None}
    state = deployment.content[_STATE]
    told = {} if state == _CREATING else here().online.places(deployment.name, properties)
    resource = here().scope.resource(
        f"onlineEndpoints/{endpoint}/deployments/{name}",
        {
            **_GIVEN_NONE,
            **_UNSET.get(str(properties["endpointComputeType"]), {}),
            **properties,
            "requestSettings": {**_REQUESTS, **mapping_in(properties, "requestSettings")},
            _VARIABLES: {**mapping_in(properties, _VARIABLES), **told},
            "provisioningState": state,
        },
        created_at=deployment.created_at,
        modified_at=deployment.modified_at,
    )
    shared = shared_fields(deployment)
    shared["sku"] = {"tier": "Standard", **mapping_in(shared, "sku")}
    common: Resource = {"location": "local", "tags": {}, "kind": "Managed"}
    return _in_asked_form({**common, **of_endpoints(resource), **shared})


def _in_asked_form(resource: Resource) -> Resource:
    if not request.args.get("api-version", "").startswith(_FIRST_API):
        return resource
    properties = {**mapping_in(resource, "properties"), _FIRST_FIELD: False}
    del properties[_LATER_FIELD]
    return {**resource, "properties": properties}
