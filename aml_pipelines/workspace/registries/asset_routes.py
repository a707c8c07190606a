"""Routes of the assets in a registry: names and their versions, of all kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.assets.components import DEFAULT_VERSION, answered_properties
from aml_pipelines.workspace.assets.kinds import COMPONENTS, DATA
from aml_pipelines.workspace.assets.routes import shared_properties, state_of
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    answer,
    check_preconditions,
    page,
    without_modifier,
)
from aml_pipelines.workspace.http.fields import mapping_in
from aml_pipelines.workspace.http.filters import PROPERTIES, asked_properties, has_properties
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import body_properties
from aml_pipelines.workspace.registries.files import keep_upload
from aml_pipelines.workspace.registries.layout import keep_version
from aml_pipelines.workspace.registries.scope import RegistryScope, refuse_other_groups
from aml_pipelines.workspace.registries.store import (
    FILE_FIELDS,
    KINDS_HERE,
    MODELS,
    RegistryFolder,
)
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.pipeline.assets import Container
    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.store.asset_kind import AssetKind
    from aml_pipelines.workspace.store.version_rules import AssetVersion
    from aml_pipelines.workspace.store.versions import Versions

_FILTERS = frozenset({"hash", "hashVersion", PROPERTIES})
# The older API by which clients reach a registry's assets, and the fields that came after it.
_DATA_PLANE = "2021-10"
_NEWER = ("autoDeleteSetting", "intellectualProperty", "stage", "autoRebuild", "provisioningState")
_OF_MODELS = dict.fromkeys(("originAssetId", "jobName", "intellectualProperty"))
_TAKEN_ONLY = "system_metadata"
_ASSETS = f"/<registry>/<any({', '.join(kind.plural for kind in KINDS_HERE)}):plural>"
routes = Blueprint("registry_assets", __name__)
routes.url_value_preprocessor(refuse_other_groups)


@routes.get(_ASSETS)
def list_containers(registry: str, plural: str) -> Response:
    found = here().registries.get(registry)
    shown = found.kinds[plural].containers(view())
    return page([_container(found, found.kinds[plural].kind, item) for item in shown])


@routes.get(f"{_ASSETS}/<name>")
def get_container(registry: str, plural: str, name: str) -> Response:
    found = here().registries.get(registry)
    store = found.kinds[plural]
    return answer(_container(found, store.kind, store.container(name)))


@routes.put(f"{_ASSETS}/<name>")
def put_container(registry: str, plural: str, name: str) -> Response:
    found = here().registries.get(registry)
    store = found.kinds[plural]
    required = (store.kind.type,) if store.kind.type else ()
    properties = body_properties(store.kind.container, required=required)
    container, is_new = store.put_container(asset_name(name), properties)
    return answer(_container(found, store.kind, container), is_new=is_new)


@routes.get(f"{_ASSETS}/<name>/versions")
def list_versions(registry: str, plural: str, name: str) -> Response:
    found = here().registries.get(registry)
    asked = asked_properties()
    shown = [
        _version(found, found.kinds[plural].kind, item)
        for item in _versions(found.kinds[plural], name)
        if has_properties(mapping_in(item.properties, PROPERTIES), asked)
    ]
    return page(shown, also=_FILTERS)


@routes.get(f"{_ASSETS}/<name>/versions/<version>")
def get_version(registry: str, plural: str, name: str, version: str) -> Response:
    found = here().registries.get(registry)
    store = found.kinds[plural]
    if version == DEFAULT_VERSION:
        version = store.container(name).latest_version or version
    return answer(_version(found, store.kind, store.version(name, version)))


@routes.put(f"{_ASSETS}/<name>/versions/<version>")
def put_version(registry: str, plural: str, name: str, version: str) -> Response:
    found = here().registries.get(registry)
    store = found.kinds[plural]

    def refuse(stored: AssetVersion | None) -> None:
        check_preconditions(_version(found, store.kind, stored) if stored else None)

    properties = body_properties(store.kind.version, required=store.kind.required)
    field = FILE_FIELDS.get(plural)
    if field:
        properties[field] = keep_upload(found, str(properties[field]), here().uploads)
    item, is_new = keep_version(
        found, plural, asset_name(name), asset_version(version), properties, unless=refuse
    )
    resource = _version(found, store.kind, item)
    if is_new and _is_of_data_plane():
        # As the service copies the files of a version, its clients wait for it.
        return here().operations.follow(lambda: True, {"assetId": resource["id"]})
    return answer(resource, is_new=is_new)


@routes.delete(f"{_ASSETS}/<name>")
@routes.delete(f"{_ASSETS}/<name>/versions/<version>")
def delete(plural: str, **_: str) -> Response:
    raise ArmError(
        405, "MethodNotAllowed", f"{request.path}: {plural} cannot be deleted; archive them"
    )


def _versions(store: Versions, name: str) -> list[AssetVersion]:
    try:
        return store.versions(name, view())
    except NotFoundError:
        # The service answers with none where a registry has no such name.
        return []


def _container(registry: RegistryFolder, kind: AssetKind, container: Container) -> Resource:
    properties = shared_properties(container)
    if kind.type:
        properties[kind.type] = container.type
    scope = RegistryScope(here().scope, registry.name)
    path = f"{kind.plural}/{container.name}"
    return scope.resource(path, properties, created_at=container.created_at)


def _version(registry: RegistryFolder, kind: AssetKind, item: AssetVersion) -> Resource:
    if kind is COMPONENTS:
        item = replace(item, properties=answered_properties(item))
    properties = {**kind.unset, **item.properties, **state_of(kind.version)}
    if _is_of_data_plane():
        properties = _older(kind, properties)
    resource = RegistryScope(here().scope, registry.name).resource(
        f"{kind.plural}/{item.name}/versions/{item.version}",
        properties,
        created_at=item.created_at,
        modified_at=item.modified_at,
    )
    address = f"azureml://registries/{registry.name}/{kind.plural}/{item.name}"
    named = {**resource, "id": f"{address}/versions/{item.version}", "type": kind.plural}
    if kind is MODELS and _is_of_data_plane():
        named["name"] = item.name  # of all kinds, these alone are named so
    is_unchanged = item.created_at == item.modified_at
    return without_modifier(named) if kind is DATA and is_unchanged else named


def _older(kind: AssetKind, properties: JsonObject) -> dict[str, object]:
    left_out = _NEWER if kind is not MODELS else (*_NEWER, _TAKEN_ONLY)
    told = {key: value for key, value in properties.items() if key not in left_out}
    return {**_OF_MODELS, **told} if kind is MODELS else told


def _is_of_data_plane() -> bool:
    return request.args.get("api-version", "").startswith(_DATA_PLANE)
