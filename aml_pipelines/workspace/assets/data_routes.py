"""Routes of data assets: containers and their immutable versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import Container, DataAsset
from aml_pipelines.pipeline.references import long_uri
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    WorkspaceScope,
    answer,
    check_preconditions,
    page,
)
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import DATA_CONTAINER, DATA_VERSION, Body

if TYPE_CHECKING:
    from aml_pipelines.workspace.assets.registry import Registry

TYPES = ("uri_file", "uri_folder", "mltable")


def data_routes(scope: WorkspaceScope, registry: Registry) -> Blueprint:
    """Serve data assets out of `registry`."""
    routes = Blueprint("data", __name__)

    @routes.get("/data")
    def list_containers() -> Response:
        return page([_container(scope, item) for item in registry.data_containers(view())])

    @routes.get("/data/<name>")
    def get_container(name: str) -> Response:
        return answer(_container(scope, registry.data_container(name)))

    @routes.put("/data/<name>")
    def put_container(name: str) -> Response:
        body = Body(DATA_CONTAINER, required=("dataType",))
        container, is_new = registry.put_data_container(
            asset_name(name),
            _data_type(body),
            description=body.text("description"),
            tags=body.mapping("tags"),
            properties=body.mapping("properties"),
            is_archived=body.flag("isArchived"),
        )
        return answer(_container(scope, container), is_new=is_new)

    @routes.get("/data/<name>/versions")
    def list_versions(name: str) -> Response:
        return page([_version(scope, asset) for asset in registry.data_assets(name, view())])

    @routes.get("/data/<name>/versions/<version>")
    def get_version(name: str, version: str) -> Response:
        return answer(_version(scope, registry.data_asset(name, version)))

    @routes.put("/data/<name>/versions/<version>")
    def put_version(name: str, version: str) -> Response:
        def refuse(stored: DataAsset | None) -> None:
            check_preconditions(_version(scope, stored) if stored else None)

        asset, is_new = registry.put_data_asset(_asked(name, version), unless=refuse)
        return answer(_version(scope, asset), is_new=is_new)

    @routes.delete("/data/<name>")
    @routes.delete("/data/<name>/versions/<version>")
    def delete(**_: str) -> Response:
        raise ArmError(
            405,
            "MethodNotAllowed",
            f"{request.path}: a data asset cannot be deleted, jobs may refer to it; archive it",
        )

    return routes


def _asked(name: str, version: str) -> DataAsset:
    body = Body(DATA_VERSION, required=("dataType", "dataUri"))
    return DataAsset(
        name=asset_name(name),
        version=asset_version(version),
        type=_data_type(body),
        path=body.text("dataUri") or "",
        description=body.text("description"),
        tags=body.mapping("tags"),
        properties=body.mapping("properties"),
        stage=body.text("stage"),
        is_anonymous=body.flag("isAnonymous"),
        is_archived=body.flag("isArchived"),
        referenced_uris=body.texts("referencedUris"),
    )


def _data_type(body: Body) -> str:
    given = body.text("dataType")
    if given not in TYPES:
        raise ArmError(
            400, "ValidationError", f"'dataType' is {given!r}; it is one of {list(TYPES)}"
        )
    return given


def _container(scope: WorkspaceScope, container: Container) -> Resource:
    properties = {
        "description": container.description,
        "tags": dict(container.tags),
        "properties": dict(container.properties),
        "isArchived": container.is_archived,
        "latestVersion": container.latest_version,
        "nextVersion": container.next_version,
        "dataType": container.type,
    }
    return scope.resource(f"data/{container.name}", properties, created_at=container.created_at)


def _version(scope: WorkspaceScope, asset: DataAsset) -> Resource:
    properties: dict[str, object] = {
        "description": asset.description,
        "tags": dict(asset.tags),
        "properties": dict(asset.properties),
        "isArchived": asset.is_archived,
        "isAnonymous": asset.is_anonymous,
        "stage": asset.stage,
        "dataType": asset.type,
        "dataUri": long_uri(asset.path, scope.id),
    }
    if asset.referenced_uris:
        properties["referencedUris"] = list(asset.referenced_uris)
    return scope.resource(
        f"data/{asset.name}/versions/{asset.version}",
        properties,
        created_at=asset.created_at,
        modified_at=asset.modified_at,
    )
