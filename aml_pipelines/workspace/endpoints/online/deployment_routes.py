"""Routes of online deployments, each of which has a scoring server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from aml_pipelines.workspace.endpoints.deployments import deployed_code, deployed_model
from aml_pipelines.workspace.endpoints.envelopes import SHARED, of_endpoints, shared_fields
from aml_pipelines.workspace.endpoints.online.servers import server_log
from aml_pipelines.workspace.http.arm import Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

_STATE = "state"
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
    **dict.fromkeys(("description", "modelMountPath", "dataCollector")),
    "properties": {},
    "environmentVariables": {},
    "scaleSettings": {"scaleType": "Default"},
    "requestSettings": {
        "requestTimeout": "PT5S",
        "maxConcurrentRequestsPerInstance": 1,
        "maxQueueWait": "PT0S",
    },
    "appInsightsEnabled": False,
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "egressPublicNetworkAccess": "Enabled",
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
    key, content = f"{endpoint}/{asset_name(name)}", _recorded(json_body())
    stored = online.deployments.find(key)
    # The same deployment again: its server goes on.
    if stored and stored.content == {**content, _STATE: "Succeeded"}:
        return operations.begin(answer(_resource(stored)))
    state = "Updating" if stored else "Creating"
    document, is_new = online.deployments.put(key, {**content, _STATE: state})
    response = answer(_resource(document), is_new=is_new)
    return operations.begin(response, lambda: online.deploy(key))


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


def _recorded(body: Mapping[str, object]) -> dict[str, object]:
    check_body("OnlineDeployment", body)
    # Of either kind, Managed or Kubernetes: its server is a process of this machine.
    properties = mapping_in(body, "properties")
    workspace = here()
    model = deployed_model(workspace.registry, properties)
    deployed_code(workspace.sources, properties, model)
    shared = {key: body[key] for key in SHARED if body.get(key)}
    return {**shared, "properties": properties}


def _resource(deployment: StoredDocument) -> Resource:
    endpoint, name = deployment.name.split("/")
    properties = {key: value for key, value in deployment.properties.items() if value is not None}
    resource = here().scope.resource(
        f"onlineEndpoints/{endpoint}/deployments/{name}",
        {
            **_GIVEN_NONE,
            **_UNSET.get(str(properties["endpointComputeType"]), {}),
            **properties,
            "provisioningState": deployment.content[_STATE],
        },
        created_at=deployment.created_at,
        modified_at=deployment.modified_at,
    )
    shared = shared_fields(deployment)
    shared["sku"] = {"tier": "Standard", **mapping_in(shared, "sku")}
    common: Resource = {"location": "local", "tags": {}, "kind": "Managed"}
    return {**common, **of_endpoints(resource), **shared}
