"""Writes registered components as files, for jobs that name them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError
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


def component_finder(state: Path) -> Callable[[str], Path]:
    """Return the function that finds registered components of the workspace in `state`."""
    return partial(_component_file, state)


def _component_file(state: Path, reference: str) -> Path:
    """Return the file of a registered component, with those of the components in it beside it.

    Raises NotFoundError or RefusedError for one that is not registered.
    """
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
