"""Copies assets of the workspace into a registry, with their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aml_pipelines.errors import ConflictError
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.registries.files import keep_copy
from aml_pipelines.workspace.registries.layout import keep_version
from aml_pipelines.workspace.store.addresses import folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import ModelAsset
    from aml_pipelines.workspace.registries.store import RegistryFolder
    from aml_pipelines.workspace.served import ServedWorkspace

_SHARED = ("data", "environments", "models")


class WorkspaceVersion(NamedTuple):
    """A version of an asset of the workspace."""

    plural: str
    name: str
    version: str


def share(
    workspace: ServedWorkspace,
    source: WorkspaceVersion,
    registry: RegistryFolder,
    name: str,
    version: str,
) -> None:
    """Register an asset of the workspace in `registry`, under that name and version.

    Raises NotFoundError when it is unknown, and ConflictError when the registry has the version.
    """
    refuse_unshared(source.plural)
    store = registry.kinds[source.plural]
    names = [container.name for container in store.containers("All")]
    if name in names and version in [item.version for item in store.versions(name, "All")]:
        raise ConflictError(
            f"{source.plural} {name!r} has version {version!r} in {registry.name!r} already"
        )
    content = _content(workspace, source, registry)
    keep_version(registry, source.plural, name, version, content)


def refuse_unshared(plural: str) -> None:
    """Refuse (501) a kind of asset that is not copied."""
    if plural not in _SHARED:
        kinds = ", ".join(_SHARED)
        says = f"{plural} are not shared here; {kinds} are: register it in the registry"
        raise ArmError(501, "NotImplemented", says)


def _content(
    workspace: ServedWorkspace, source: WorkspaceVersion, registry: RegistryFolder
) -> Mapping[str, object]:
    if source.plural == "models":
        return _model(workspace.models.tables.model(source.name, source.version), registry)
    content = workspace.assets[source.plural].version(source.name, source.version).properties
    if source.plural == "environments":
        return content
    root, mapped = workspace.folder.root, workspace.mapped
    folder = folder_of(str(content["dataUri"]), root, mapped)
    return {**content, "dataUri": keep_copy(registry, folder)}


def _model(model: ModelAsset, registry: RegistryFolder) -> Mapping[str, object]:
    properties: Mapping[str, object] = {
        "description": model.description,
        "tags": dict(model.tags),
        "properties": dict(model.properties),
        "modelType": model.type,
        "modelUri": keep_copy(registry, Path(model.source)),
        "flavors": {flavor: {"data": dict(data)} for flavor, data in model.flavors.items()},
        "stage": model.stage,
    }
    return {key: value for key, value in properties.items() if value}
