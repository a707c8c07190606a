"""Routes of the workspace itself, and of those that are made beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.identity import PRINCIPAL, assigned
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import all_served, here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.arm import WorkspaceScope
    from aml_pipelines.workspace.served import ServedWorkspace

_FILTERS = frozenset({"kind", "$skip", "aiCapabilities"})
_MAY_CHANGE = ("friendlyName", "description")
# What the service says of a workspace that was given none of these.
_UNSET: Mapping[str, object] = {
    **dict.fromkeys(
        ("imageBuildCompute", "linkedModelInventoryArmId", "serverlessComputeSettings")
    ),
    **dict.fromkeys(("hbiWorkspace", "v1LegacyMode", "softDeleteEnabled"), False),
    **dict.fromkeys(("storageHnsEnabled", "enableDataIsolation"), False),
    **dict.fromkeys(("EnableSoftwareBillOfMaterials", "enableServiceSideCMKEncryption"), False),
    "description": "",
    "privateLinkCount": 0,
    "ipAllowlist": [],
    # The workspace's own datastores have no keys.
    "systemDatastoresAuthMode": "identity",
}
# What the service calls a workspace; hubs, projects and feature stores are other things.
_KIND = "default"
routes = Blueprint("workspace", __name__)
lists = Blueprint("workspaces", __name__, url_prefix="/subscriptions/<subscription>")
_WORKSPACES = f"/providers/{PROVIDER}/workspaces"
# The name of these requests may be that of a workspace which is not there yet, or no more.
FOR_ANY_NAME = ("workspace.put_workspace", "workspace.delete_workspace")


@routes.get("/")
def get_workspace() -> Response:
    return answer(_resource(here()))


@lists.get(_WORKSPACES)
@lists.get(f"/resourceGroups/<group>{_WORKSPACES}")
def list_workspaces(subscription: str, group: str | None = None) -> Response:
    found = [
        _resource(workspace)
        for workspace in all_served()
        if workspace.scope.subscription_id == subscription
        and group in (None, workspace.scope.resource_group)
    ]
    return page(found, also=_FILTERS)


@routes.put("/")
def put_workspace() -> Response:
    body = json_body()
    check_body("Workspace", body)
    if g.named == here().scope:  # to make it again changes what may change of it
        return _changed(here(), body)
    made = make(g.named, body)
    return here().operations.begin(answer(_resource(made), is_new=True))


def make(scope: WorkspaceScope, body: Mapping[str, object]) -> ServedWorkspace:
    """Make a workspace beside those of this server, with what a request's `body` says of it."""
    kind = str(body.get("kind") or _KIND)
    if kind.lower() != _KIND:
        raise ArmError(501, "NotImplemented", f"a workspace of kind {kind!r} is not served here")
    directory = here().directory
    if not directory:
        raise ArmError(501, "NotImplemented", "this server has one workspace, and makes no other")
    made = directory.create(scope)
    _keep(made, body)
    return made


@routes.patch("/")
def update_workspace() -> Response:
    body = json_body()
    check_body("WorkspaceUpdateParameters", body)
    return _changed(here(), body)


def _changed(workspace: ServedWorkspace, body: Mapping[str, object]) -> Response:
    _keep(workspace, body)
    return workspace.operations.begin(answer(_resource(workspace)))


def _keep(workspace: ServedWorkspace, body: Mapping[str, object]) -> None:
    properties = mapping_in(body, "properties")
    changed = {name: properties[name] for name in _MAY_CHANGE if properties.get(name)}
    content = {"tags": mapping_in(body, "tags"), "properties": changed}
    workspace.workspaces.put(workspace.scope.name, content)


@routes.delete("/")
def delete_workspace() -> Response:
    workspace = here()
    if g.named != workspace.scope:
        return Response(status=204)
    if not workspace.prefix or not workspace.directory:
        raise ArmError(
            405,
            "MethodNotAllowed",
            f"the workspace {workspace.scope.name!r} is its lake, {str(workspace.folder.root)!r}: "
            "`make clean` deletes that; it is never deleted over the API",
        )
    for_good = request.args.get("forceToPurge", "").lower() == "true"
    workspace.directory.delete(workspace.scope, for_good=for_good)
    return workspace.operations.begin(Response(status=202))


def _resource(workspace: ServedWorkspace) -> Resource:
    scope = workspace.scope
    server = f"https://{request.host}{workspace.prefix}"
    changed = workspace.workspaces.find(scope.name)
    resource = scope.resource(
        "",
        {
            **_UNSET,
            "tenantId": PRINCIPAL,
            "workspaceId": workspace.guid,
            "friendlyName": scope.name,
            "provisioningState": "Succeeded",
            "discoveryUrl": f"{server}/discovery/workspaces/{scope.name}",
            # A file, not an address: MLflow's client in a job needs no server for it.
            "mlFlowTrackingUri": f"sqlite:///{workspace.folder.mlflow_database}",
            **(changed.properties if changed else {}),
        },
    )
    return {
        **resource,
        "id": scope.id,
        "name": scope.name,
        "type": f"{PROVIDER}/workspaces",
        "location": "local",
        "kind": "Default",
        "etag": None,
        "sku": {"name": "Basic", "tier": "Basic"},
        "tags": mapping_in(changed.content, "tags") if changed else {},
        "identity": assigned({"type": "SystemAssigned"}),
    }
