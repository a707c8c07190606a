"""Routes of connections, which are records: jobs and clients read them, nothing here uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError, Resource, answer, page
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.older_errors import older_error
from aml_pipelines.workspace.http.request_body import json_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.http.schema_source import described_enum
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.store.documents import StoredDocument

_FILTERS = frozenset({"category", "target", "includeAll"})
_CREDENTIALS = "credentials"
# What the service answers of a connection that says nothing of these: in every form of the API,
# and in the forms since a version.
_UNSET: Mapping[str, object] = {
    "expiryTime": None,
    "isSharedToAll": True,
    "sharedUserList": [],
    "metadata": {},
}
_UNSET_SINCE: Mapping[str, Mapping[str, object]] = {
    "2023-08": {"useWorkspaceManagedIdentity": False},
    "2024-04": {
        "peRequirement": "NotRequired",
        "peStatus": "NotApplicable",
        "error": None,
        "isDefault": True,
    },
}
_NEWEST = "9999"
# Of the categories that recorded sessions have; of others the service's group is not known.
_GROUPS = {
    **dict.fromkeys(("Git", "PythonFeed"), "ServicesAndApps"),
    **dict.fromkeys(("ApiKey", "AzureOpenAI", "CustomKeys"), "AzureAI"),
    **dict.fromkeys(("CognitiveService", "Serverless"), "AzureAI"),
    **dict.fromkeys(("ADLSGen2", "AzureOneLake", "ContainerRegistry"), "Azure"),
    "S3": "File",
}
# What the service adds to the metadata of a category.
_DEPLOYED = {"DeploymentApiVersion": "2023-10-01-preview"}
_METADATA: Mapping[str, Mapping[str, object]] = {
    "AzureOpenAI": _DEPLOYED,
    "CognitiveService": {"ApiVersion": "2023-07-01-preview", **_DEPLOYED},
}
_WITHOUT_CREDENTIALS = ("None", "AAD")
routes = Blueprint("connections", __name__)


@routes.get("/connections")
def list_connections() -> Response:
    category = request.args.get("category", "").lower()
    target = request.args.get("target")
    shown = [
        item
        for item in here().connections.all()
        if category in ("", str(item.properties["category"]).lower())
        and target in (None, item.properties.get("target"))
    ]
    return page([_resource(item) for item in shown], also=_FILTERS)


@routes.get("/connections/<name>")
def get_connection(name: str) -> Response:
    return answer(_resource(_recorded(name)))


@routes.put("/connections/<name>")
def put_connection(name: str) -> Response:
    body = json_body()
    check_body("WorkspaceConnectionPropertiesV2BasicResource", body)
    return _keep(asset_name(name), mapping_in(body, "properties"))


@routes.patch("/connections/<name>")
def update_connection(name: str) -> Response:
    body, stored = json_body(), _recorded(name)
    changed = mapping_in(body, "properties")
    # A connection's type is the type of its credentials: a change that names none keeps it.
    merged = {**stored.properties, **changed}
    check_body("WorkspaceConnectionUpdateParameter", {**body, "properties": merged})
    kept = here().secrets.find(_secret(name))
    if _CREDENTIALS not in changed and kept:
        merged[_CREDENTIALS] = dict(kept)
    return _keep(name, merged)


@routes.delete("/connections/<name>")
def delete_connection(name: str) -> Response:
    here().secrets.keep(_secret(name), None)
    return Response(status=200 if here().connections.delete(name) else 204)


@routes.post("/connections/<name>/listsecrets")
def list_secrets(name: str) -> Response:
    resource = _resource(_recorded(name))
    secret = here().secrets.find(_secret(name))
    properties = {**mapping_in(resource, "properties"), _CREDENTIALS: secret}
    return jsonify({**resource, "properties": properties})


def _keep(name: str, properties: dict[str, object]) -> Response:
    secret = mapping_in(properties, _CREDENTIALS) or None
    shown = {key: value for key, value in properties.items() if key != _CREDENTIALS}
    here().secrets.keep(_secret(name), secret)
    content = {"properties": {**shown, "category": _category(properties)}}
    document, _ = here().connections.put(name, content)
    # The service answers 200 also for one that is new.
    return answer(_resource(document))


def _category(properties: Mapping[str, object]) -> str:
    # The client writes AzureOpenAi what the service answers as AzureOpenAI.
    stated = str(properties.get("category"))
    known = {category.lower(): category for category in described_enum("ConnectionCategory")}
    if stated.lower() not in known:
        raise ArmError(400, "ValidationError", f"'category' is {stated!r}; a connection has one")
    return known[stated.lower()]


def _recorded(name: str) -> StoredDocument:
    document = here().connections.find(name)
    if not document:
        names = [item.name for item in here().connections.all()]
        # In the service's words, which clients look for.
        raise older_error(
            404,
            "NotFoundError",
            f"Connection {name} can't be found in this workspace; there are {names}",
        )
    return document


def _secret(name: str) -> str:
    return f"connections/{name}"


def _resource(connection: StoredDocument) -> Resource:
    properties = connection.properties
    category, kind = (str(properties.get(field)) for field in ("category", "authType"))
    told = {} if kind in _WITHOUT_CREDENTIALS else {_CREDENTIALS: None}
    resource = here().scope.resource(
        f"connections/{connection.name}",
        {
            **_unset(request.args.get("api-version") or _NEWEST),
            "group": _GROUPS.get(category),
            **properties,
            "metadata": {**_METADATA.get(category, {}), **mapping_in(properties, "metadata")},
            **told,
            "createdByWorkspaceArmId": here().scope.id,
        },
        created_at=connection.created_at,
        modified_at=connection.modified_at,
    )
    return {**resource, "tags": None, "location": None}


def _unset(api_version: str) -> dict[str, object]:
    fields = dict(_UNSET)
    for since, added in _UNSET_SINCE.items():
        if api_version >= since:
            fields |= added
    return fields
