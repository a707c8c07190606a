"""Routes of Azure Resource Manager: resource groups, and templates that are deployed to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, make_response, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Resource, WorkspaceScope
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.resources.workspace import make
from aml_pipelines.workspace.served import all_served, here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

_GROUP = frozenset({"id", "name", "type", "location", "tags", "managedBy", "properties"})


_WORKSPACE = f"{PROVIDER}/workspaces"
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
    is_served = (subscription, group) in _groups_of_workspaces()
    document, is_new = here().groups.put(asset_name(group), shared)
    status = 201 if is_new and not is_served else 200
    return make_response(jsonify(_group(subscription, document)), status)


@routes.delete("/resourcegroups/<group>")
def delete_group(subscription: str, group: str) -> Response:
    _find(subscription, group)
    if (subscription, group) in _groups_of_workspaces():
        raise ArmError(
            409,
            "Conflict",
            f"{group!r} holds a workspace that is served; `make clean` ends the first one",
        )
    here().groups.delete(group)
    return here().operations.begin(Response(status=202))


@routes.put(_DEPLOYMENT)
def put_deployment(subscription: str, group: str, name: str) -> Response:
    properties = mapping_in(json_body(), "properties")
    given = {
        name: mapping_in(mapping_in(properties, "parameters"), name).get("value")
        for name in ("workspaceName", "kind", "friendlyName", "description", "tagValues")
    }
    scope = WorkspaceScope(subscription, group, str(given["workspaceName"]))
    if scope not in [workspace.scope for workspace in all_served()]:
        _refuse_other_templates(mapping_in(properties, "template"))
        told = {name: given[name] for name in ("friendlyName", "description")}
        make(scope, {"kind": given["kind"], "tags": given["tagValues"], "properties": told})
    document, is_new = here().templates.put(name, {"properties": properties})
    return make_response(jsonify(_deployment(request.path, document)), 201 if is_new else 200)


@routes.get(_DEPLOYMENT)
def get_deployment(name: str, **_: str) -> Response:
    return jsonify(_deployment(request.path, here().templates.get(name)))


# Azure has this one route of deployments without its provider.
@routes.get("/resourcegroups/<group>/deployments/<name>/operations")
@routes.get(f"{_DEPLOYMENT}/operations")
def list_operations(name: str, **_: str) -> Response:
    here().templates.get(name)
    return jsonify(value=[])


def _refuse_other_templates(template: Mapping[str, object]) -> None:
    """Refuse a template that makes no workspace; of one that does, nothing else is made."""
    resources = template.get("resources")
    listed = resources if isinstance(resources, list) else []
    types = [item.get("type") for item in listed if isinstance(item, dict)]
    if _WORKSPACE not in types:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            f"templates that make a workspace are served; this one makes {sorted(map(str, types))}",
        )


def _check_group(body: Mapping[str, object]) -> None:
    unknown = sorted(set(body) - _GROUP)
    if unknown or not isinstance(body.get("location"), str):
        raise ArmError(
            400,
            "InvalidRequestContent",
            f"a group has a location and no {unknown}; it may have {sorted(_GROUP)}",
        )


def _groups_of_workspaces() -> set[tuple[str, str]]:
    scopes = [workspace.scope for workspace in all_served()]
    return {(scope.subscription_id, scope.resource_group) for scope in scopes}


def _find(subscription: str, group: str) -> Resource:
    scope, recorded = here().scope, here().groups.find(group)
    if subscription == scope.subscription_id and recorded:
        return _group(subscription, recorded)
    if (subscription, group) in _groups_of_workspaces():
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
