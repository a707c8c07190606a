"""Routes of the versions of components; the names of components have those of all assets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from aml_pipelines.errors import ConflictError
from aml_pipelines.workspace.assets.components import (
    ANONYMOUS,
    DEFAULT_VERSION,
    answered_properties,
)
from aml_pipelines.workspace.assets.kinds import COMPONENTS
from aml_pipelines.workspace.assets.routes import version_resource
from aml_pipelines.workspace.assets.unknown import unknown_is
from aml_pipelines.workspace.http.arm import (
    ArmError,
    Resource,
    answer,
    check_preconditions,
    page,
)
from aml_pipelines.workspace.http.names import asset_name, asset_version, view
from aml_pipelines.workspace.http.request_body import body_properties
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.store.version_rules import AssetVersion

routes = Blueprint("components", __name__)
_VERSIONS = "/components/<name>/versions"


@routes.get(_VERSIONS)
def list_versions(name: str) -> Response:
    versions = here().components.versions
    with unknown_is(*COMPONENTS.unknown):
        return page([_resource(item) for item in versions.versions(name, view())])


@routes.get(f"{_VERSIONS}/<version>")
def get_version(name: str, version: str) -> Response:
    with unknown_is(*COMPONENTS.unknown):
        resource = _resource(here().components.version(name, version))
    if version == DEFAULT_VERSION:
        resource["id"] = f"{here().scope.id}/components/{name}/labels/default"
    return answer(resource)


@routes.put(f"{_VERSIONS}/<version>")
def put_version(name: str, version: str) -> Response:
    def refuse(stored: AssetVersion | None) -> None:
        check_preconditions(_resource(stored) if stored else None)

    components = here().components
    kind = components.versions.kind
    properties = body_properties(kind.version, required=kind.required)
    try:
        stored, is_new = components.put(
            asset_name(name), asset_version(version), properties, unless=refuse
        )
    except ConflictError as error:
        # As of no other asset, the service does not call it a conflict.
        codes = ("ArgumentInvalid", "UpdateComponentFailed")
        raise ArmError(400, "BadArgument", str(error), *codes) from error
    # The service calls an anonymous version new each time.
    return answer(_resource(stored), is_new=is_new or name == ANONYMOUS)


def _resource(item: AssetVersion) -> Resource:
    answered = replace(item, properties=answered_properties(item))
    return version_resource(here().components.versions.kind, answered)
