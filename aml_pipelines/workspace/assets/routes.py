"""Routes of environments, components and codes: documents that differ in their fields alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    WorkspaceScope,
    answer,
    check_preconditions,
    page,
)
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import CODE, COMPONENT, CONTAINER, ENVIRONMENT, Body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import Container
    from aml_pipelines.workspace.http.request_body import Kind
    from aml_pipelines.workspace.store.versions import Resources, ResourceVersion

_SEARCH = frozenset({"hash", "hashVersion"})


@dataclass(frozen=True)
class Served:
    """A kind of resource: what its routes and it are called, and its version's fields."""

    plural: str
    singular: str
    fields: Mapping[str, Kind]
    required: tuple[str, ...] = ()


ENVIRONMENTS = Served("environments", "environment", ENVIRONMENT)
COMPONENTS = Served("components", "component", COMPONENT, required=("componentSpec",))
CODES = Served("codes", "code", CODE, required=("codeUri",))


def resource_routes(scope: WorkspaceScope, served: Served, resources: Resources) -> Blueprint:
    """Serve one kind of resource out of `resources`."""
    routes = Blueprint(served.plural, __name__)
    _add_container_routes(routes, scope, served, resources)
    _add_version_routes(routes, scope, served, resources)

    @routes.delete("/<name>")
    @routes.delete("/<name>/versions/<version>")
    def delete(**_: str) -> Response:
        raise ArmError(405, "MethodNotAllowed", f"a {served.singular} is archived, not deleted")

    return routes


def _add_version_routes(
    routes: Blueprint, scope: WorkspaceScope, served: Served, resources: Resources
) -> None:
    def version_resource(item: ResourceVersion) -> Resource:
        return scope.resource(
            f"{served.plural}/{item.name}/versions/{item.version}",
            {**item.properties, "provisioningState": "Succeeded"},
            created_at=item.created_at,
            modified_at=item.modified_at,
        )

    @routes.get("/<name>/versions")
    def list_versions(name: str) -> Response:
        content_hash = request.args.get("hash")
        found = (
            resources.versions_of_content(content_hash)  # whatever its name: new code has a new one
            if content_hash
            else resources.versions(name, view())
        )
        return page([version_resource(item) for item in found], also=_SEARCH)

    @routes.get("/<name>/versions/<version>")
    def get_version(name: str, version: str) -> Response:
        return answer(version_resource(resources.version(name, version)))

    @routes.put("/<name>/versions/<version>")
    def put_version(name: str, version: str) -> Response:
        def refuse(stored: ResourceVersion | None) -> None:
            check_preconditions(version_resource(stored) if stored else None)

        body = Body(served.fields, required=served.required)
        item, is_new = resources.put_version(
            asset_name(name), asset_version(version), body.given(), unless=refuse
        )
        return answer(version_resource(item), is_new=is_new)


def _add_container_routes(
    routes: Blueprint, scope: WorkspaceScope, served: Served, resources: Resources
) -> None:
    def container_resource(item: Container) -> Resource:
        return scope.resource(
            f"{served.plural}/{item.name}", _shared(item), created_at=item.created_at
        )

    @routes.get("/")
    def list_containers() -> Response:
        return page([container_resource(item) for item in resources.containers(view())])

    @routes.get("/<name>")
    def get_container(name: str) -> Response:
        return answer(container_resource(resources.container(name)))

    @routes.put("/<name>")
    def put_container(name: str) -> Response:
        body = Body(CONTAINER)
        container, is_new = resources.put_container(asset_name(name), body.given())
        return answer(container_resource(container), is_new=is_new)


def _shared(container: Container) -> dict[str, object]:
    return {
        "description": container.description,
        "tags": dict(container.tags),
        "properties": dict(container.properties),
        "isArchived": container.is_archived,
        "latestVersion": container.latest_version,
        "nextVersion": container.next_version,
        "provisioningState": "Succeeded",
    }
