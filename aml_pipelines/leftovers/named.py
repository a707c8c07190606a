"""What the assets, models, jobs and runs of a workspace name of the lake's files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json, texts_in
from aml_pipelines.leftovers.runs import COMPLETED, run_records
from aml_pipelines.pipeline.mltable_file import MLTABLE
from aml_pipelines.pipeline.references import FOLDERS, DatastorePath, LocalPath, parse
from aml_pipelines.workspace.assets.kinds import DATA, KINDS
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.store.documents import all_contents
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aml_pipelines.workspace.state import StateFolder
    from aml_pipelines.workspace.store.asset_kind import AssetKind
    from aml_pipelines.workspace.store.version_rules import AssetVersion

_CONTAINER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class NamedPaths:
    """The files and folders that something names, and the containers of uploads that it does."""

    paths: frozenset[Path]
    containers: frozenset[str]

    @cached_property
    def _above(self) -> frozenset[Path]:
        return frozenset(parent for path in self.paths for parent in path.parents)

    @property
    def mltables(self) -> list[str]:
        """Return the URIs of the MLTables in folders that are named."""
        files = (path / MLTABLE for path in self.paths)
        # As Hadoop has them: it takes what is escaped in a URI for a name.
        return sorted(f"file:{file}" for file in files if file.is_file())

    def has(self, path: Path) -> bool:
        """Return whether `path`, or a folder that it is in, is named."""
        return path in self.paths or any(parent in self.paths for parent in path.parents)

    def has_within(self, path: Path) -> bool:
        """Return whether something in the folder `path` is named."""
        return path in self._above


def named_in(folder: StateFolder) -> NamedPaths:
    """Return what is named in a workspace, in those served with it, and in their registries."""
    root = folder.root.resolve()
    # A job names the lake itself as the place of its tables; a data asset that does means it all.
    texts = {text for text in _texts_of(folder) if not _is_root(text, root)}
    texts |= {str(item.properties["dataUri"]) for item in _versions(folder.root, DATA)}
    return NamedPaths(
        frozenset(path for text in texts for path in _path(text, root)),
        frozenset(name for text in texts for name in _CONTAINER.findall(text)),
    )


def _texts_of(folder: StateFolder) -> Iterator[str]:
    for state in (folder.root, *folder.workspace_folders(), *folder.registry_folders()):
        for kind in KINDS:
            for item in _versions(state, kind):
                yield from texts_in(item.properties)
        models = MlflowTables(state)
        for container in models.containers("All"):
            for model in models.models(container.name, "All"):
                yield from (model.path, model.source)
        yield from texts_in(list(all_contents(state)))
        yield from texts_in([job.properties for job in Jobs(state).all()])
    for _, record in run_records(folder):
        made = [node["outputs"] for node in record["nodes"].values() if node["status"] == COMPLETED]
        yield from texts_in(made)
    for file in (folder.runs / "reuse").glob("*.json"):
        yield from texts_in(read_json(file)["outputs"])


def _versions(state: Path, kind: AssetKind) -> Iterator[AssetVersion]:
    stored = Versions(state, kind)
    for container in stored.containers("All"):
        yield from stored.versions(container.name, "All")


def _path(text: str, root: Path) -> Iterable[Path]:
    """Return the path in or around the lake that a text means, if it means one."""
    reference = parse(text)
    if isinstance(reference, DatastorePath):
        store = FOLDERS.get(reference.datastore, f"datastores/{reference.datastore}")
        return [(root / store / reference.path).resolve()]
    if isinstance(reference, LocalPath) and reference.path.startswith("/"):
        return [Path(reference.path).resolve()]
    return []


def _is_root(text: str, root: Path) -> bool:
    return any(root.is_relative_to(path) for path in _path(text, root))
