"""Finds registered data assets and models by name, version or label, for the planner.

Any number of processes and threads may read at once. Reading creates nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import LATEST, DataAsset, no_such_label
from aml_pipelines.workspace.assets.kinds import DATA
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
        self._models = MlflowTables(state)

    def data_asset(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> DataAsset:
        """Find a data asset by version or by label, else the latest.

        Raises NotFoundError naming the names, versions or labels that exist.
        """
        if version is None:
            version = self._data.container(name).latest_version
            if label not in (None, LATEST) or version is None:
                raise no_such_label(DATA.noun, name, label or LATEST)
        return _data_asset(self._data.version(name, version))

    def model(self, name: str, version: str | None = None, label: str | None = None) -> ModelAsset:
        """Find a model by version or by label, else the latest, without importing MLflow.

        Raises NotFoundError naming the names, versions or labels that exist.
        """
        return self._models.model(name, version, label)


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
