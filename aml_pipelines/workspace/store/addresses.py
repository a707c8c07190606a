"""The folders of datastores that were registered, and what stands here for data elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.pipeline.addresses import REGISTRIES, Addresses
from aml_pipelines.pipeline.references import FOLDERS, LAKE, DatastorePath, datastore_path, parse
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.documents import Documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DATASTORE = "datastore"


def addresses_in(state: Path, mapped: Mapping[str, str], *, target: str = "") -> Addresses:
    """Return what the workspace with the folder `state` has for data elsewhere, as it is now."""
    folder = StateFolder(state)
    registered = [item.name for item in Documents(state, DATASTORE).all()]
    return Addresses(
        fetched=folder.fetched,
        mapped={**_registries_in(folder), **mapped},
        datastores={name: folder.datastore(name) for name in registered if name not in FOLDERS},
        target=target,
    )


def _registries_in(folder: StateFolder) -> dict[str, str]:
    """Return the folders of the registries that are served here, by their addresses."""
    return {f"{REGISTRIES}{entry.name}": str(entry) for entry in folder.registry_folders()}


def folder_of(uri: str, state: Path, mapped: Mapping[str, str]) -> Path:
    """Return the folder or file that a datastore's URI means; raises RefusedError for none."""
    path = datastore_path(uri)
    return addresses_in(state, mapped).datastore(path) or path.folder(state)


def datastore_path_of(place: Path, state: Path, mapped: Mapping[str, str]) -> DatastorePath:
    """Return the path in a datastore by which jobs name `place`.

    Raises NotFoundError when no datastore has it.
    """
    if place.is_relative_to(state):
        return DatastorePath(LAKE, place.relative_to(state).as_posix())
    for address, folder in mapped.items():
        store = parse(f"{address}/paths/") if address.startswith("azureml://datastores/") else None
        if isinstance(store, DatastorePath) and place.is_relative_to(folder):
            return DatastorePath(store.datastore, place.relative_to(folder).as_posix())
    raise NotFoundError(f"{str(place)!r} is neither in the lake {str(state)!r} nor in a datastore")
