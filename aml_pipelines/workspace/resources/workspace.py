"""Routes of the workspace itself, which is there as long as its lake is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.workspace.http.arm import ArmError, Resource, Scope, answer
from aml_pipelines.workspace.http.request_body import json_body, mapping_in
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.operations import Operations
    from aml_pipelines.workspace.store.documents import Documents

_MAY_CHANGE = ("friendlyName", "description")


def workspace_routes(scope: Scope, recorded: Documents, operations: Operations) -> Blueprint:
    """Serve the workspace that `scope` names; what was changed of it is in `recorded`."""
    routes = Blueprint("workspace", __name__)

    @routes.get("/")
    def get_workspace() -> Response:
        return answer(_workspace(scope, recorded))

    @routes.patch("/")
    def update_workspace() -> Response:
        body = json_body()
        check_body("WorkspaceUpdateParameters", body)
        asked = mapping_in(body, "properties")
        changed = {name: asked[name] for name in _MAY_CHANGE if asked.get(name)}
        content = {"tags": mapping_in(body, "tags"), "properties": changed}
        recorded.put(scope.name, content)
        return operations.begin(answer(_workspace(scope, recorded)))

    @routes.delete("/")
    def delete_workspace() -> Response:
        raise ArmError(
            409,
            "Conflict",
            f"the workspace {scope.name!r} is its lake, {str(scope.state)!r}: `make clean` deletes "
            "that; it is never deleted over the API",
        )

    return routes


def _workspace(scope: Scope, recorded: Documents) -> Resource:
    changed = recorded.find(scope.name)
    resource = scope.resource(
        "",
        {
            "workspaceId": scope.name,
            "friendlyName": scope.name,
            "provisioningState": "Succeeded",
            "discoveryUrl": f"https://{request.host}/discovery/workspaces/{scope.name}",
            "mlFlowTrackingUri": f"sqlite:///{StateFolder(scope.state).mlflow_database}",
            **(changed.properties if changed else {}),
        },
    )
    return {
        **resource,
        "id": scope.id,
        "name": scope.name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": "local",
        "kind": "Default",
        "tags": mapping_in(changed.content, "tags") if changed else {},
        "identity": {"type": "SystemAssigned"},
    }
