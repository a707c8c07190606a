"""Writes registered components as files, for jobs that name them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.addresses import REGISTRIES, Addresses
from aml_pipelines.pipeline.references import asset_name
from aml_pipelines.workspace.assets.code import sources_in
from aml_pipelines.workspace.assets.components import components_in
from aml_pipelines.workspace.assets.kinds import CODES
from aml_pipelines.workspace.jobs.freeze import component_version
from aml_pipelines.workspace.jobs.translate import (
    COMPONENT,
    component_documents,
    write_documents,
)
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_FILE = "component.yml"


def component_finder(state: Path, addresses: Addresses) -> Callable[[str], Path]:
    """Return the function that finds registered components of the workspace in `state`.

    Those of registries are where `addresses` maps them.
    """
    return partial(_component_file, state, addresses)


def _component_file(state: Path, addresses: Addresses, reference: str) -> Path:
    """Return the file of a registered component, with those of the components in it beside it.

    Raises NotFoundError or RefusedError for one that is not registered.
    """
    if reference.startswith(REGISTRIES):
        return _of_registry(addresses, reference)
    asset = asset_name(reference)
    if not asset:
        raise RefusedError("it is neither a file nor of the form azureml:NAME:VERSION")
    components, codes = components_in(state), Versions(state, CODES)
    found = component_version(reference, components)
    version = asset_name(found)
    if version is None:
        raise RefusedError(f"{found!r} names no version")
    folder = StateFolder(state).component_files / version.name / version.version
    write_documents(component_documents(found, sources_in(state, components, codes)), folder)
    return folder / COMPONENT


def _of_registry(addresses: Addresses, reference: str) -> Path:
    """Return the component's file below the folder that stands for its registry."""
    place = addresses.mapped_to(reference)
    if place is None:
        registry = "/".join(reference.split("/")[:4])
        raise NotFoundError(
            f"no folder stands for its registry here; name one: --map {registry}=FOLDER, or "
            f"'data' in the target's file; in it is components/NAME/versions/VERSION/{_FILE}"
        )
    if place.parent.name == "labels":
        raise NotFoundError(f"there is no version of it in {place.parents[1]}")
    file = place / _FILE if place.is_dir() else place
    if not file.is_file():
        raise NotFoundError(f"there is no {file}")
    return file
