"""Routes of datastores: folders of the lake, and others, which are records only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.pipeline.references import ARTIFACT_STORE, DEFAULT, FOLDERS
from aml_pipelines.workspace.http.addresses import host
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    answer,
    page,
    without_system_data,
)
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body, parsed_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.resources.account_signature import account_signature
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.store.documents import StoredDocument

_TYPES = {"lake": "AzureDataLakeGen2", DEFAULT: "AzureBlob", ARTIFACT_STORE: "AzureBlob"}
# The fields that say where the data of a datastore is, by its type.
_PLACES = {
    "AzureBlob": ("accountName", "containerName"),
    "AzureDataLakeGen2": ("accountName", "filesystem"),
    "AzureFile": ("accountName", "fileShareName"),
    "AzureDataLakeGen1": ("storeName",),
    "OneLake": ("oneLakeWorkspaceName", "artifact"),
}
_FILTERS = frozenset({"isDefault", "count", "names", "searchText", "orderBy", "orderByAsc"})
_NONE = {"credentialsType": "None"}
# As the service answers what was not given.
_UNSET: Mapping[str, object] = {
    **dict.fromkeys(("description", "properties", "subscriptionId", "resourceGroup")),
    "tags": {},
    "serviceDataAccessAuthIdentity": "None",
}
# The API whose datastores, as its assets, say whose intellectual property they are.
_OWNED = "2023"
# GET answers with the name of a principal, never with its secrets.
_SECRETS = "secrets"


routes = Blueprint("datastores", __name__)


@routes.get("/datastores")
def list_datastores() -> Response:
    only_default = request.args.get("isDefault", "").lower() == "true"
    recorded = here().datastores
    others = [item.name for item in recorded.all()]
    names = [DEFAULT] if only_default else sorted({*FOLDERS, *others})
    return page([_resource(name, recorded.find(name)) for name in names], also=_FILTERS)


@routes.get("/datastores/<name>")
def get_datastore(name: str) -> Response:
    return answer(_resource(name, _recorded(name)))


@routes.put("/datastores/<name>")
def put_datastore(name: str) -> Response:
    body = json_body()
    check_body("Datastore", body)
    properties, secrets = _without_secrets(mapping_in(body, "properties"), asset_name(name))
    if name not in FOLDERS:  # a folder needs none
        here().secrets.keep(f"datastores/{name}", secrets)
    document, is_new = here().datastores.put(name, {"properties": properties})
    return answer(_resource(name, document), is_new=is_new and name not in FOLDERS)


@routes.delete("/datastores/<name>")
def delete_datastore(name: str) -> Response:
    if name == DEFAULT:
        raise ArmError(409, "Conflict", f"{name!r} is the default datastore, which stays")
    here().secrets.keep(f"datastores/{name}", None)
    existed = here().datastores.delete(name) or name in FOLDERS
    return Response(status=200 if existed else 204)


@routes.post("/datastores/<name>/listSecrets")
def list_secrets(name: str) -> Response:
    document, asked = _recorded(name), mapping(parsed_body())
    kept = here().secrets.find(f"datastores/{name}")
    if not kept or not document:
        raise ArmError(
            400,
            "UserError",
            f"datastore {name!r} has no secrets: it is opened by the caller's identity",
        )
    if asked.get("expirableSecret") is True and kept["secretsType"] == "AccountKey":
        return jsonify(_signature(document, str(kept["key"]), asked.get("expireAfterHours")))
    return jsonify(kept)


def _signature(datastore: StoredDocument, key: str, hours: object) -> JsonObject:
    # In a whole number, and an hour where none is given: the service's own lasts as long.
    lasts = timedelta(hours=hours if isinstance(hours, int) and hours > 0 else 1)
    account = str(datastore.properties["accountName"])
    token = account_signature(account, key, datetime.now(UTC) + lasts)
    return {"secretsType": "Sas", "sasToken": token}


def _recorded(name: str) -> StoredDocument | None:
    recorded = here().datastores
    document = recorded.find(name)
    if not document and name not in FOLDERS:
        names = sorted({*FOLDERS, *(item.name for item in recorded.all())})
        raise ArmError(404, "ResourceNotFound", f"datastore {name!r} is unknown; there are {names}")
    return document


def _without_secrets(
    properties: dict[str, object], name: str
) -> tuple[dict[str, object], dict[str, object] | None]:
    kind = str(properties.get("datastoreType"))
    if kind not in _PLACES:
        raise _refusal(f"a {kind} datastore is not served; {', '.join(_PLACES)} are")
    missing = [field for field in _PLACES[kind] if not properties.get(field)]
    if missing:
        raise _refusal(f"datastore {name!r} has no {missing}; a {kind} datastore must")
    credentials = mapping_in(properties, "credentials") or _NONE
    secrets = mapping_in(credentials, _SECRETS) or None
    if credentials["credentialsType"] != "None" and not secrets:
        raise _refusal(f"credentials of type {credentials['credentialsType']!r} have no secrets")
    shown = {key: value for key, value in credentials.items() if key != _SECRETS}
    return {**properties, "credentials": shown}, secrets


def _resource(name: str, document: StoredDocument | None) -> Resource:
    properties = document.properties if document else {}
    created = document.created_at if document else 0.0
    if name in FOLDERS:
        properties = _folder(name, properties)
    shared = {**_UNSET, "isDefault": name == DEFAULT}
    if request.args.get("api-version", "").startswith(_OWNED):
        shared["intellectualProperty"] = None
    resource = here().scope.resource(
        f"datastores/{name}", {**shared, **properties}, created_at=created
    )
    # Nobody made the folders: they are there as long as the workspace is.
    is_made = name not in FOLDERS or document
    return resource if is_made else without_system_data(resource, "createdBy", "createdByType")


def _folder(name: str, recorded: dict[str, object]) -> dict[str, object]:
    # The client composes https://<accountName>.<kind>.<suffix>/<container>: the account is a path
    # of this server, so that what a client wants from the storage never leaves the machine.
    container = "filesystem" if name == "lake" else "containerName"
    means = f"the folder {FOLDERS[name]!r} of the lake {str(here().folder.root)!r}"
    account = recorded.get("accountName")
    sentences = [recorded.get("description"), means, account and f"in Azure, account {account!r}"]
    return {
        "datastoreType": _TYPES[name],
        "accountName": f"{host()}/storage/{name}",
        container: name,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentials": _NONE,
        "description": "; ".join(str(text) for text in sentences if text),
        "tags": recorded.get("tags"),
        "subscriptionId": here().scope.subscription_id,
        "resourceGroup": here().scope.resource_group,
        "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
    }


def _refusal(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
