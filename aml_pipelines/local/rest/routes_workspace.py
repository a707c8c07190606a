"""Routes of the workspace itself and of its datastores, which are folders of the lake."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.local.datastores import DEFAULT, FOLDERS
from aml_pipelines.local.rest.arm import ArmError, Resource, Scope, answer, page

DATASTORE_TYPES = {"lake": "AzureDataLakeGen2", "workspaceblobstore": "AzureBlob"}
_FILTERS = frozenset({"isDefault", "count", "names", "searchText", "orderBy", "orderByAsc"})


def workspace_routes(scope: Scope) -> Blueprint:
    """Serve the workspace that `scope` names."""
    routes = Blueprint("workspace", __name__)

    @routes.get("/")
    def get_workspace() -> Response:
        return answer(_workspace(scope))

    @routes.get("/datastores")
    def list_datastores() -> Response:
        only_default = request.args.get("isDefault", "").lower() == "true"
        names = [DEFAULT] if only_default else sorted(FOLDERS)
        return page([_datastore(scope, name) for name in names], also=_FILTERS)

    @routes.get("/datastores/<name>")
    def get_datastore(name: str) -> Response:
        return answer(_datastore(scope, _known(name)))

    @routes.post("/datastores/<name>/listSecrets")
    def list_secrets(name: str) -> Response:
        # Datastores here are reached by identity, as they should be in Azure: there is no secret.
        _known(name)
        return jsonify(secretsType="None")

    return routes


def _known(name: str) -> str:
    if name not in FOLDERS:
        raise ArmError(
            404, "ResourceNotFound", f"datastore {name!r} is unknown; there are {sorted(FOLDERS)}"
        )
    return name


def _workspace(scope: Scope) -> Resource:
    resource = scope.resource(
        "",
        {"workspaceId": scope.name, "friendlyName": scope.name, "provisioningState": "Succeeded"},
    )
    return {
        **resource,
        "id": scope.id,
        "name": scope.name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": "local",
        "kind": "Default",
        "tags": {},
        "identity": {"type": "SystemAssigned"},
    }


def _datastore(scope: Scope, name: str) -> Resource:
    # The client composes https://<accountName>.<kind>.<suffix>/<container>: the account is a path
    # of this server, so that what a client wants from the storage never leaves the machine.
    container = "filesystem" if name == "lake" else "containerName"
    properties = {
        "datastoreType": DATASTORE_TYPES[name],
        "accountName": f"{request.host}/storage/{name}",
        container: name,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "isDefault": name == DEFAULT,
        "credentials": {"credentialsType": "None"},
        "description": f"the folder {FOLDERS[name]!r} of the lake {str(scope.lake)!r}",
        "tags": {},
        "properties": {},
    }
    return scope.resource(f"datastores/{name}", properties)
