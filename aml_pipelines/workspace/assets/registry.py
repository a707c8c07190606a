"""The local workspace's registry of data assets: SQLite in the lake, with Azure ML's rules.

Any number of processes and threads may use one lake's registry at once. Reading creates nothing.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError
from aml_pipelines.pipeline.assets import (
    LATEST,
    Container,
    DataAsset,
    View,
    is_shown,
    next_version,
    no_such_label,
    no_such_name,
    no_such_version,
)
from aml_pipelines.pipeline.references import short_uri
from aml_pipelines.workspace.assets import registry_rows as rows
from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.assets import ModelAsset

KIND = "data asset"
_IMMUTABLE = ("path", "type", "properties", "is_anonymous")


class Registry:
    """Data assets of the workspace with the folder `state`; models are MLflow's."""

    def __init__(self, state: Path) -> None:
        self._database = SqliteFile(StateFolder(state).data_assets_database, rows.TABLES)
        self._models = MlflowTables(state)

    def data_asset(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> DataAsset:
        """Find a data asset by version or by label, else the latest.

        Raises NotFoundError naming the names, versions or labels there are.
        """
        with self._database.reading() as connection:
            if version is not None:
                found = rows.version(connection, name, version)
                return found or _fail(connection, name, version)
            container = _container(connection, name)
            if label not in (None, LATEST) or container.latest_version is None:
                raise no_such_label(KIND, name, label or LATEST)
            return rows.version(connection, name, container.latest_version) or _fail(
                connection, name, container.latest_version
            )

    def model(self, name: str, version: str | None = None, label: str | None = None) -> ModelAsset:
        """Find a model by version or by label, else the latest, without importing MLflow.

        Raises NotFoundError naming the names, versions or labels there are.
        """
        return self._models.model(name, version, label)

    def data_assets(self, name: str, view: View = "ActiveOnly") -> list[DataAsset]:
        """List the versions of `name`, newest first; raises NotFoundError for an unknown name."""
        with self._database.reading() as connection:
            _container(connection, name)
            found = rows.versions(connection, name)
        return [asset for asset in found if is_shown(view, is_archived=asset.is_archived)]

    def data_container(self, name: str) -> Container:
        """Find what the versions of `name` share; raises NotFoundError naming the names."""
        with self._database.reading() as connection:
            return _container(connection, name)

    def data_containers(self, view: View = "ActiveOnly") -> list[Container]:
        """List all data assets by name."""
        with self._database.reading() as connection:
            found = [_container(connection, name) for name in rows.names(connection)]
        return [item for item in found if is_shown(view, is_archived=item.is_archived)]

    def put_data_asset(
        self, asset: DataAsset, *, unless: Callable[[DataAsset | None], None] | None = None
    ) -> tuple[DataAsset, bool]:
        """Register `asset`, or update what may change of it; gives it as stored, and if it is new.

        `unless` sees what is stored, inside the transaction, and may raise to refuse the write.
        Raises ConflictError when the version exists with another path, type or properties.
        """
        asset = replace(asset, path=short_uri(asset.path), modified_at=time.time())
        with self._database.writing() as connection:
            stored = rows.version(connection, asset.name, asset.version)
            if unless:
                unless(stored)
            if stored:
                _refuse_changes(asset, stored)
                asset = replace(asset, created_at=stored.created_at)
                rows.update_version(connection, asset)
            else:
                _refuse_another_type(connection, asset)
                asset = replace(asset, created_at=asset.modified_at)
                rows.insert_version(connection, asset)
        return asset, stored is None

    def put_data_container(
        self,
        name: str,
        data_type: str,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        is_archived: bool = False,
    ) -> tuple[Container, bool]:
        """Create or update what all versions of `name` share; says if it is new.

        Raises ConflictError when it exists with another type.
        """
        with self._database.writing() as connection:
            is_new = rows.insert_container(connection, name, data_type, time.time())
            stored = _container(connection, name)
            if stored.type != data_type:
                raise ConflictError(
                    f"{KIND} {name!r} is of type {stored.type!r} and cannot become {data_type!r}"
                )
            changed = replace(
                stored,
                description=description,
                tags=dict(tags or {}),
                properties=dict(properties or {}),
                is_archived=is_archived,
            )
            rows.update_container(connection, changed)
        return changed, is_new


def _container(connection: sqlite3.Connection, name: str) -> Container:
    found = rows.container(connection, name)
    if not found:
        raise no_such_name(KIND, name, rows.names(connection))
    versions = rows.versions(connection, name)
    active = [asset.version for asset in versions if not asset.is_archived]
    return replace(
        found,
        latest_version=active[0] if active else None,
        next_version=next_version(asset.version for asset in versions),
    )


def _fail(connection: sqlite3.Connection, name: str, version: str) -> DataAsset:
    _container(connection, name)
    there_are = [asset.version for asset in rows.versions(connection, name)]
    raise no_such_version(KIND, name, version, there_are)


def _refuse_changes(asset: DataAsset, stored: DataAsset) -> None:
    for attribute in _IMMUTABLE:
        wanted, there_is = getattr(asset, attribute), getattr(stored, attribute)
        if wanted != there_is:
            raise ConflictError(
                f"A data version with this name and version already exists: {KIND} {asset.name!r} "
                f"version {asset.version!r} has {attribute} {there_is!r}, not {wanted!r}; "
                "only description, tags, stage and isArchived may change, so use another version"
            )


def _refuse_another_type(connection: sqlite3.Connection, asset: DataAsset) -> None:
    rows.insert_container(connection, asset.name, asset.type, asset.modified_at)
    container = rows.container(connection, asset.name)
    if container and container.type != asset.type:
        raise ConflictError(
            f"{KIND} {asset.name!r} is of type {container.type!r}; "
            f"version {asset.version!r} cannot be {asset.type!r}, so use another name"
        )
