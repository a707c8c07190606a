"""Routes of data assets, environments, components and codes: names and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import LATEST
from aml_pipelines.pipeline.references import DatastorePath, parse
from aml_pipelines.workspace.assets.kinds import COMPONENTS, DATA, KINDS
from aml_pipelines.workspace.assets.unknown import unknown_is
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    answer,
    check_preconditions,
    page,
    without_modifier,
    without_system_data,
)
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import body_properties
from aml_pipelines.workspace.http.schema import has_field
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.pipeline.assets import Container
    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.store.asset_kind import AssetKind
    from aml_pipelines.workspace.store.version_rules import AssetVersion

_MANAGED = "workspacemanageddatastore"
_SEARCH = frozenset({"hash", "hashVersion"})
# Only these words: all others below the workspace have routes of their own.
_ASSETS = f"/<any({', '.join(kind.plural for kind in KINDS)}):plural>"
routes = Blueprint("assets", __name__)


@routes.get(_ASSETS)
def list_containers(plural: str) -> Response:
    store = here().assets[plural]
    return page([_container(store.kind, name) for name in store.containers(view())])


@routes.get(f"{_ASSETS}/<name>")
def get_container(plural: str, name: str) -> Response:
    store = here().assets[plural]
    with unknown_is(*store.kind.unknown):
        resource = _container(store.kind, store.container(name))
    if store.kind is COMPONENTS:
        resource = without_system_data(without_modifier(resource), "createdBy", "createdByType")
    return answer(resource)


@routes.put(f"{_ASSETS}/<name>")
def put_container(plural: str, name: str) -> Response:
    store = here().assets[plural]
    required = (store.kind.type,) if store.kind.type else ()
    properties = body_properties(store.kind.container, required=required)
    container, is_new = store.put_container(asset_name(name), properties)
    return answer(_container(store.kind, container), is_new=is_new or store.kind.is_always_new)


@routes.get(f"{_ASSETS}/<name>/versions")
def list_versions(plural: str, name: str) -> Response:
    store, content_hash = here().assets[plural], request.args.get("hash")
    versions = (
        store.versions_of_content(content_hash)  # whatever its name: new code has a new one
        if content_hash
        else store.versions(name, view())
    )
    return page([version_resource(store.kind, item) for item in versions], also=_SEARCH)


@routes.get(f"{_ASSETS}/<name>/versions/<version>")
def get_version(plural: str, name: str, version: str) -> Response:
    store = here().assets[plural]
    with unknown_is(*store.kind.unknown):
        item = store.version(name, version)
    return answer(version_resource(store.kind, item))


@routes.put(f"{_ASSETS}/<name>/versions/<version>")
def put_version(plural: str, name: str, version: str) -> Response:
    store = here().assets[plural]

    def refuse(stored: AssetVersion | None) -> None:
        check_preconditions(version_resource(store.kind, stored) if stored else None)

    properties = body_properties(store.kind.version, required=store.kind.required)
    if store.kind.uri:
        uri = str(properties[store.kind.uri])
        _refuse_auto_delete(properties, uri)
        properties[store.kind.uri] = here().job_outputs.resolved(uri)
    item, is_new = store.put_version(
        asset_name(name), asset_version(version), properties, unless=refuse
    )
    resource = version_resource(store.kind, item)
    return answer(resource, is_new=is_new or store.kind.is_always_new)


@routes.delete(f"{_ASSETS}/<name>")
@routes.delete(f"{_ASSETS}/<name>/versions/<version>")
def delete(plural: str, **_: str) -> Response:
    noun = here().assets[plural].kind.noun
    raise ArmError(
        405,
        "MethodNotAllowed",
        f"{request.path}: a {noun} cannot be deleted, jobs may refer to it; archive it",
    )


def _refuse_auto_delete(properties: JsonObject, uri: str) -> None:
    """Refuse to delete data by itself, which the service does in a datastore of its own alone."""
    at = parse(uri)
    is_managed = isinstance(at, DatastorePath) and at.datastore == _MANAGED
    if properties.get("autoDeleteSetting") and not is_managed:
        raise ArmError(
            400,
            "BadArgument",
            f"autoDeleteSetting is for data in the datastore {_MANAGED!r}, not at {uri!r}",
            "ArgumentInvalid",
            "AutoDeleteSettingOnlySupportedForManagedDatastore",
        )


def container_properties(container: Container, model: str) -> dict[str, object]:
    """Return what the versions of a name share, as the API's `model` of the container has it."""
    return {**shared_properties(container), **state_of(model)}


def shared_properties(container: Container) -> dict[str, object]:
    """Return what the versions of a name share."""
    return {
        "description": container.description,
        "tags": dict(container.tags),
        "properties": dict(container.properties),
        "isArchived": container.is_archived,
        "latestVersion": container.latest_version,
        "nextVersion": container.next_version,
    }


def _container(kind: AssetKind, container: Container) -> Resource:
    properties = container_properties(container, kind.container)
    unset = {key: value for key, value in kind.unset_of_names.items() if not properties[key]}
    if kind.type:
        properties[kind.type] = container.type
    if kind is COMPONENTS:
        properties["latestVersion"] = None  # clients of the service look for the newest version
    resource = here().scope.resource(
        f"{kind.plural}/{container.name}",
        {**properties, **unset},
        created_at=container.created_at,
    )
    return without_modifier(resource) if kind is DATA else resource


def version_resource(kind: AssetKind, item: AssetVersion) -> Resource:
    """Return a version of an asset as ARM answers it."""
    properties = {**kind.unset, **item.properties, **state_of(kind.version)}
    if kind.uri:
        properties[kind.uri] = kind.answered_uri(properties, here().scope.id)
    if kind.label:
        properties |= _label(kind, item)
    resource = here().scope.resource(
        f"{kind.plural}/{item.name}/versions/{item.version}",
        properties,
        created_at=item.created_at,
        modified_at=item.modified_at,
    )
    is_unchanged = item.created_at == item.modified_at
    return without_modifier(resource) if kind is DATA and is_unchanged else resource


def _label(kind: AssetKind, item: AssetVersion) -> dict[str, object]:
    """Say whether a version is the latest: one without a name of its own never is."""
    own = mapping_in(item.properties, "properties")
    if item.properties.get("isAnonymous"):
        return {"stage": "Logged", "properties": {**own, kind.label: ""}}
    is_latest = here().assets[kind.plural].container(item.name).latest_version == item.version
    return {"properties": {**own, kind.label: LATEST if is_latest else ""}}


def state_of(model: str) -> dict[str, object]:
    """Return the state of what is there, if the API's `model` has one."""
    return {"provisioningState": "Succeeded"} if has_field(model, "provisioningState") else {}
