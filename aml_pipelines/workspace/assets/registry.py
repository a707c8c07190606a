"""Finds registered data assets, environments and models by name, version or label, for the planner.

Any number of processes and threads may read at once. Reading creates nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import LATEST, DataAsset, EnvironmentAsset, no_such_label
from aml_pipelines.workspace.assets.kinds import DATA, ENVIRONMENTS
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.http.fields import list_in, text_in, texts_in
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.assets import ModelAsset
    from aml_pipelines.workspace.store.version_rules import AssetVersion


class Registry:
    """The data assets and models of the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._data = Versions(state, DATA)
        self._environments = Versions(state, ENVIRONMENTS)
        self._models = MlflowTables(state)

    def data_asset(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> DataAsset:
        """Find a data asset by version or by label, else the latest.

        Raises NotFoundError naming the names, versions or labels that exist.
        """
        return _data_asset(_find(self._data, name, version, label))

    def environment(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> EnvironmentAsset:
        """Find an environment by version or by label, else the latest.

        Raises NotFoundError naming the names, versions or labels that exist.
        """
        stored = _find(self._environments, name, version, label)
        image, conda = (text_in(stored.properties, field) for field in ("image", "condaFile"))
        return EnvironmentAsset(stored.name, stored.version, image or "", conda or "")

    def model(self, name: str, version: str | None = None, label: str | None = None) -> ModelAsset:
        """Find a model by version or by label, else the latest, without importing MLflow.

        Raises NotFoundError naming the names, versions or labels that exist.
        """
        return self._models.model(name, version, label)


def _find(versions: Versions, name: str, version: str | None, label: str | None) -> AssetVersion:
    if version is None:
        version = versions.container(name).latest_version
        if label not in (None, LATEST) or version is None:
            raise no_such_label(versions.kind.noun, name, label or LATEST)
    return versions.version(name, version)


def _data_asset(stored: AssetVersion) -> DataAsset:
    properties = stored.properties
    return DataAsset(
        name=stored.name,
        version=stored.version,
        type=str(properties["dataType"]),
        path=str(properties["dataUri"]),
        description=text_in(properties, "description"),
        tags=texts_in(properties, "tags"),
        properties=texts_in(properties, "properties"),
        stage=text_in(properties, "stage"),
        is_anonymous=bool(properties.get("isAnonymous")),
        is_archived=stored.is_archived,
        created_at=stored.created_at,
        modified_at=stored.modified_at,
        referenced_uris=tuple(map(str, list_in(properties, "referencedUris"))),
    )
