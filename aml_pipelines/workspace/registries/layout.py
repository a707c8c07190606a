"""Lays a registry's assets out as files, by which jobs take them, as of any registry.

A folder stands for each version: KIND/NAME/versions/VERSION below the registry's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.errors import RefusedError
from aml_pipelines.files import write_whole
from aml_pipelines.workspace.assets.code import Sources
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.jobs.translate import component_documents, write_documents
from aml_pipelines.workspace.registries.files import place_of
from aml_pipelines.workspace.registries.store import FILE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.workspace.registries.store import RegistryFolder
    from aml_pipelines.workspace.store.version_rules import AssetVersion

_CONDA = "conda.yml"


def keep_version(
    registry: RegistryFolder,
    plural: str,
    name: str,
    version: str,
    properties: Mapping[str, object],
    *,
    unless: Callable[[AssetVersion | None], None] | None = None,
) -> tuple[AssetVersion, bool]:
    """Register a version, and lay it out; returns (stored, is_new), as the registry's store."""
    item, is_new = registry.kinds[plural].put_version(name, version, properties, unless=unless)
    folder = registry.folder / plural / name / "versions" / version
    if plural == "components":
        _write_component(folder, f"azureml:{name}:{version}", _sources(registry))
    elif plural == "environments":
        _write_environment(folder, item.properties)
    elif not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = place_of(registry, str(item.properties[FILE_FIELDS[plural]]))
        # Relative: the registry's folder may be moved, or be linked from another lake.
        folder.symlink_to(os.path.relpath(place.resolve(), folder.parent.resolve()))
    return item, is_new


def _write_component(folder: Path, reference: str, sources: Sources) -> None:
    # A job has them in a folder of their own; here that is the version's.
    documents = component_documents(reference, sources)
    write_documents({Path(name).name: document for name, document in documents.items()}, folder)


def _write_environment(folder: Path, properties: Mapping[str, object]) -> None:
    environment = {"image": properties.get("image")}
    if properties.get("condaFile"):
        write_whole(folder / _CONDA, str(properties["condaFile"]).encode())
        environment["conda_file"] = _CONDA
    write_whole(folder / "environment.yml", yaml.safe_dump(environment).encode())


def _sources(registry: RegistryFolder) -> Sources:
    def component(reference: str) -> Mapping[str, object]:
        return mapping(_properties(registry, "components", reference).get("componentSpec"))

    def code(reference: str) -> str:
        uri = str(_properties(registry, "codes", reference)["codeUri"])
        return str(place_of(registry, uri).resolve())

    return Sources(component, code)


def _properties(registry: RegistryFolder, plural: str, reference: str) -> Mapping[str, object]:
    # azureml:NAME:VERSION, or azureml://registries/REGISTRY/KIND/NAME/versions/VERSION
    parts = reference.replace("/versions/", ":").rsplit(":", 2)[-2:]
    name, version = parts[0].rpartition("/")[2], parts[-1]
    if reference.startswith("azureml://") and f"/{registry.name}/{plural}/" not in reference:
        raise RefusedError(f"{reference!r} is not one of the registry {registry.name!r}")
    return registry.kinds[plural].version(name, version).properties
