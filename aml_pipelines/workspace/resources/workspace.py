"""Routes of the workspace itself, which exists as long as its state folder does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.identity import PRINCIPAL, assigned
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

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
routes = Blueprint("workspace", __name__)
lists = Blueprint("workspaces", __name__, url_prefix="/subscriptions/<subscription>")
_WORKSPACES = f"/providers/{PROVIDER}/workspaces"


@routes.get("/")
def get_workspace() -> Response:
    return answer(_resource())


@lists.get(_WORKSPACES)
@lists.get(f"/resourceGroups/<group>{_WORKSPACES}")
def list_workspaces(subscription: str, group: str | None = None) -> Response:
    scope = here().scope
    is_here = subscription == scope.subscription_id and group in (None, scope.resource_group)
    return page([_resource()] if is_here else [], also=_FILTERS)


@routes.put("/")
def put_workspace() -> Response:
    # It exists already: to make it again changes what may change of it.
    body = json_body()
    check_body("Workspace", body)
    return _change(body)


@routes.patch("/")
def update_workspace() -> Response:
    body = json_body()
    check_body("WorkspaceUpdateParameters", body)
    return _change(body)


def _change(body: Mapping[str, object]) -> Response:
    properties = mapping_in(body, "properties")
    changed = {name: properties[name] for name in _MAY_CHANGE if properties.get(name)}
    content = {"tags": mapping_in(body, "tags"), "properties": changed}
    here().workspaces.put(here().scope.name, content)
    return here().operations.begin(answer(_resource()))


@routes.delete("/")
def delete_workspace() -> Response:
    raise ArmError(
        405,
        "MethodNotAllowed",
        f"the workspace {here().scope.name!r} is its lake, {str(here().folder.root)!r}: "
        "`make clean` deletes that; it is never deleted over the API",
    )


def _resource() -> Resource:
    workspace = here()
    scope = workspace.scope
    changed = workspace.workspaces.find(scope.name)
    resource = scope.resource(
        "",
        {
            **_UNSET,
            "tenantId": PRINCIPAL,
            "workspaceId": workspace.guid,
            "friendlyName": scope.name,
            "provisioningState": "Succeeded",
            "discoveryUrl": f"https://{request.host}/discovery/workspaces/{scope.name}",
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
