"""Routes of Azure Resource Manager: resource groups, and templates that are deployed to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, make_response, request

from aml_pipelines.workspace.http.arm import ArmError, Resource
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

_GROUP = frozenset({"id", "name", "type", "location", "tags", "managedBy", "properties"})


_DEPLOYMENT = "/resourcegroups/<group>/providers/Microsoft.Resources/deployments/<name>"
routes = Blueprint("groups", __name__, url_prefix="/subscriptions/<subscription>")


@routes.get("/resourcegroups/<group>")  # and HEAD, which asks whether it exists
def get_group(subscription: str, group: str) -> Response:
    resource = _find(subscription, group)
    return Response(status=204) if request.method == "HEAD" else jsonify(resource)


@routes.put("/resourcegroups/<group>")
def put_group(subscription: str, group: str) -> Response:
    body = json_body()
    _check_group(body)
    shared = {"location": body["location"], "tags": mapping_in(body, "tags")}
    is_served = group == here().scope.resource_group
    document, is_new = here().groups.put(asset_name(group), shared)
    status = 201 if is_new and not is_served else 200
    return make_response(jsonify(_group(subscription, document)), status)


@routes.delete("/resourcegroups/<group>")
def delete_group(subscription: str, group: str) -> Response:
    _find(subscription, group)
    if group == here().scope.resource_group:
        raise ArmError(
            409,
            "Conflict",
            f"{group!r} holds the workspace that is served; `make clean` ends it",
        )
    here().groups.delete(group)
    return here().operations.begin(Response(status=202))


@routes.put(_DEPLOYMENT)
def put_deployment(subscription: str, group: str, name: str) -> Response:
    properties = mapping_in(json_body(), "properties")
    named = mapping_in(mapping_in(properties, "parameters"), "workspaceName").get("value")
    scope = here().scope
    deployed = f"{subscription}/{group}/{named}"
    served = f"{scope.subscription_id}/{scope.resource_group}/{scope.name}"
    if deployed != served:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            f"workspace {deployed!r} cannot be made here; one is served, {served!r}",
        )
    document, is_new = here().templates.put(name, {"properties": properties})
    return make_response(jsonify(_deployment(request.path, document)), 201 if is_new else 200)


@routes.get(_DEPLOYMENT)
def get_deployment(name: str, **_: str) -> Response:
    return jsonify(_deployment(request.path, here().templates.get(name)))


@routes.get(f"{_DEPLOYMENT}/operations")
def list_operations(name: str, **_: str) -> Response:
    here().templates.get(name)
    return jsonify(value=[])


def _check_group(body: Mapping[str, object]) -> None:
    unknown = sorted(set(body) - _GROUP)
    if unknown or not isinstance(body.get("location"), str):
        raise ArmError(
            400,
            "InvalidRequestContent",
            f"a group has a location and no {unknown}; it may have {sorted(_GROUP)}",
        )


def _find(subscription: str, group: str) -> Resource:
    scope, recorded = here().scope, here().groups.find(group)
    if subscription == scope.subscription_id and recorded:
        return _group(subscription, recorded)
    if (subscription, group) == (scope.subscription_id, scope.resource_group):
        return _described(subscription, group, {"location": "local", "tags": {}})
    raise ArmError(404, "ResourceGroupNotFound", f"resource group {group!r} could not be found")


def _group(subscription: str, document: StoredDocument) -> Resource:
    return _described(subscription, document.name, dict(document.content))


def _described(subscription: str, group: str, content: dict[str, object]) -> Resource:
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group}",
        "name": group,
        "type": "Microsoft.Resources/resourceGroups",
        "properties": {"provisioningState": "Succeeded"},
        **content,
    }


def _deployment(path: str, document: StoredDocument) -> Resource:
    done = {"provisioningState": "Succeeded", "duration": "PT0S", "mode": "Incremental"}
    return {
        "id": path,
        "name": document.name,
        "type": "Microsoft.Resources/deployments",
        "properties": {"parameters": document.properties.get("parameters"), **done},
    }
