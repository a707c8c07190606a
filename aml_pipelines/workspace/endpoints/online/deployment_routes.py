"""Routes of online deployments: each a scoring server of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from aml_pipelines.workspace.endpoints.deployments import deployed_code, deployed_model
from aml_pipelines.workspace.http.arm import ArmError, Resource, Scope, answer, page
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body, mapping_in
from aml_pipelines.workspace.http.schema import check_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
    from aml_pipelines.workspace.http.operations import Operations
    from aml_pipelines.workspace.store.documents import Document

_SHARED = ("location", "tags", "identity", "kind", "sku")
_STATE = "state"
_LOG_LINES = 5000


def online_deployment_routes(
    scope: Scope, online: OnlineEndpoints, operations: Operations
) -> Blueprint:
    """Serve the deployments of `online`."""
    routes = Blueprint("online_deployments", __name__)
    _add_log_route(routes, online)

    @routes.get("/")
    def list_deployments(endpoint: str) -> Response:
        online.endpoints.get(endpoint)
        return page([_resource(scope, item) for item in online.of(endpoint)])

    @routes.get("/<name>")
    def get_deployment(endpoint: str, name: str) -> Response:
        online.endpoints.get(endpoint)
        return answer(_resource(scope, online.deployments.get(f"{endpoint}/{name}")))

    @routes.put("/<name>")
    def put_deployment(endpoint: str, name: str) -> Response:
        online.endpoints.get(endpoint)
        key, content = f"{endpoint}/{asset_name(name)}", _recorded(scope, json_body())
        stored = online.deployments.find(key)
        if stored and stored.content == {**content, _STATE: "Succeeded"}:
            return operations.begin(answer(_resource(scope, stored)))
        state = "Updating" if stored else "Creating"
        document, is_new = online.deployments.put(key, {**content, _STATE: state})
        begun = answer(_resource(scope, document), is_new=is_new)
        return operations.begin(begun, lambda: online.deploy(key))

    @routes.delete("/<name>")
    def delete_deployment(endpoint: str, name: str) -> Response:
        is_there = online.delete_deployment(endpoint, name)
        return operations.begin(Response(status=202)) if is_there else Response(status=204)

    return routes


def _add_log_route(routes: Blueprint, online: OnlineEndpoints) -> None:
    @routes.post("/<name>/getLogs")
    def get_logs(endpoint: str, name: str) -> Response:
        body = json_body()
        check_body("DeploymentLogsRequest", body)
        key = f"{endpoint}/{name}"
        online.deployments.get(key)
        log = online.folder(key) / "server.log"
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
        return jsonify(content="\n".join(lines[-int(str(body.get("tail") or _LOG_LINES)) :]))


def _recorded(scope: Scope, body: Mapping[str, object]) -> dict[str, object]:
    check_body("OnlineDeployment", body)
    properties = mapping_in(body, "properties")
    if properties["endpointComputeType"] != "Managed":
        kind = properties["endpointComputeType"]
        raise ArmError(501, "NotImplemented", f"a {kind} deployment is not served; Managed is")
    deployed_code(scope.state, properties, deployed_model(scope.state, properties))
    shared = {key: body[key] for key in _SHARED if body.get(key)}
    return {**shared, "properties": properties}


def _resource(scope: Scope, deployment: Document) -> Resource:
    endpoint, name = deployment.name.split("/")
    given = {key: value for key, value in deployment.properties.items() if value is not None}
    resource = scope.resource(
        f"onlineEndpoints/{endpoint}/deployments/{name}",
        {
            "scaleSettings": {"scaleType": "Default"},
            "requestSettings": {
                "requestTimeout": "PT5S",
                "maxConcurrentRequestsPerInstance": 1,
                "maxQueueWait": "PT0.5S",
            },
            **given,
            "provisioningState": deployment.content[_STATE],
        },
        created_at=deployment.created_at,
        modified_at=deployment.modified_at,
    )
    shared = {key: value for key, value in deployment.content.items() if key in _SHARED}
    return {"location": "local", "tags": {}, **resource, **shared}
