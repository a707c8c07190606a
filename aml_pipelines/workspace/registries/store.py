"""Registries: each is a folder with assets of its own, which several lakes may share by a link."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.files import read_json, write_json
from aml_pipelines.workspace.assets.kinds import KINDS
from aml_pipelines.workspace.state import REGISTRY_RECORD, StateFolder
from aml_pipelines.workspace.store.asset_kind import AssetKind
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,32}")
_FILES = "files"
# In a registry, MLflow does not store models.
MODELS = AssetKind(
    plural="models",
    singular="model",
    noun="model",
    container="ModelContainer",
    version="ModelVersion",
    required=("modelUri",),
    unset={"flavors": {}, "tags": {}, "properties": {}, "isArchived": False, "isAnonymous": False},
)
KINDS_HERE = (*KINDS, MODELS)
# The field with the address of an asset's files, by the kind of asset that has files.
FILE_FIELDS: Mapping[str, str] = {"codes": "codeUri", "data": "dataUri", "models": "modelUri"}


@dataclass(frozen=True)
class RegistryFolder:
    """A registry: what its versions and their files are is in `folder`."""

    name: str
    folder: Path
    content: Mapping[str, object]
    kinds: Mapping[str, Versions]

    @property
    def files(self) -> Path:
        """The folder of the files of assets: a folder in it for each upload."""
        return self.folder / _FILES


class Registries:
    """The registries of the workspace with the folder `state`, or of all that share its folder."""

    def __init__(self, state: Path) -> None:
        self._state = StateFolder(state)
        self._root = self._state.registries

    def all(self) -> list[RegistryFolder]:
        """List the registries by name."""
        return [self.get(folder.name) for folder in self._state.registry_folders()]

    def get(self, name: str) -> RegistryFolder:
        """Find a registry; raises NotFoundError naming those that exist."""
        folder = self._root / name
        if not _NAME.fullmatch(name) or not (folder / REGISTRY_RECORD).is_file():
            names = [registry.name for registry in self.all()]
            raise NotFoundError(f"registry {name!r} does not exist; there are {names}")
        kinds = {kind.plural: Versions(folder, kind) for kind in KINDS_HERE}
        return RegistryFolder(name, folder, read_json(folder / REGISTRY_RECORD), kinds)

    def put(self, name: str, content: Mapping[str, object]) -> tuple[RegistryFolder, bool]:
        """Create a registry or replace what is recorded of it; returns (stored, is_new)."""
        if not _NAME.fullmatch(name):
            raise RefusedError(
                f"registry {name!r} is not 2 to 33 letters, digits, '_' or '-', "
                "beginning with a letter or digit"
            )
        record = self._root / name / REGISTRY_RECORD
        is_new = not record.is_file()
        record.parent.mkdir(parents=True, exist_ok=True)
        write_json(record, dict(content))
        return self.get(name), is_new

    def delete(self, name: str) -> bool:
        """Delete a registry with its assets; returns whether it existed."""
        folder = self._root / name
        existed = bool(_NAME.fullmatch(name)) and (folder / REGISTRY_RECORD).is_file()
        if existed:
            # The record first: what is half deleted is no registry.
            (folder / REGISTRY_RECORD).unlink()
            shutil.rmtree(folder)
        return existed
