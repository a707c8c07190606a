"""The data assets and models of a workspace, as lineage sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aml_pipelines.lineage.things import Thing, ThingKind
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Registered:
    """A version of a data asset or model: its tags, its path, and when it was registered."""

    tags: Mapping[str, str]
    path: str
    moment: float

    @property
    def release(self) -> str | None:
        return self.tags.get("release")

    @property
    def rows(self) -> int | None:
        stated = self.tags.get("rows", "")
        return int(stated) if stated.isdigit() else None


def registered_data(state: Path) -> Iterator[tuple[Thing, Registered]]:
    """Yield each version of each data asset, archived ones too, oldest first."""
    stored = Versions(state, DATA)
    for container in stored.containers("All"):
        for item in reversed(stored.versions(container.name, "All")):
            properties = cast("Mapping[str, Any]", item.properties)
            tags, path = properties.get("tags", {}), str(properties["dataUri"])
            thing = Thing(ThingKind.DATA, container.name, item.version)
            yield thing, Registered(tags, path, item.created_at)


def registered_models(state: Path) -> Iterator[tuple[Thing, Registered]]:
    """Yield each version of each model, archived ones too, oldest first."""
    stored = MlflowTables(state)
    for container in stored.containers("All"):
        for model in reversed(stored.models(container.name, "All")):
            thing = Thing(ThingKind.MODEL, container.name, model.version)
            yield thing, Registered(model.tags, model.source, model.created_at)
