"""Stores the versions of all kinds of assets: data, environments, components, codes."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import (
    Container,
    is_shown,
    next_version,
    no_such_name,
    no_such_version,
)
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.carry_over import carry_over_data_assets
from aml_pipelines.workspace.store.sqlite import SqliteFile
from aml_pipelines.workspace.store.version_rules import (
    AssetVersion,
    refuse_another_type,
    refuse_changes,
    refuse_to_become,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.assets import View
    from aml_pipelines.workspace.store.asset_kind import AssetKind

TABLES = """
CREATE TABLE container (
  kind TEXT, name TEXT, properties TEXT NOT NULL, created_at REAL NOT NULL,
  PRIMARY KEY (kind, name));
CREATE TABLE version (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, properties TEXT NOT NULL,
  created_at REAL NOT NULL, modified_at REAL NOT NULL, UNIQUE (kind, name, version));
"""
_VERSION = "SELECT version, properties, created_at, modified_at FROM version"


class Versions:
    """The versions of the assets of one kind, in the workspace with the folder `state`."""

    def __init__(self, state: Path, kind: AssetKind) -> None:
        self.kind = kind
        self._folder = StateFolder(state)
        self._file = SqliteFile(self._folder.versions_database, TABLES)

    def version(self, name: str, version: str) -> AssetVersion:
        """Find a version; raises NotFoundError naming the names or versions that exist."""
        with self._reading() as connection:
            stored = self._find(connection, name, version)
            if not stored:
                self._container(connection, name)
                others = [item.version for item in self._versions(connection, name)]
                raise no_such_version(self.kind.noun, name, version, others)
        return stored

    def versions(self, name: str, view: View = "ActiveOnly") -> list[AssetVersion]:
        """List the versions of `name`, newest first; raises NotFoundError for an unknown name."""
        with self._reading() as connection:
            self._container(connection, name)
            stored = self._versions(connection, name)
        return [item for item in stored if is_shown(view, is_archived=item.is_archived)]

    def versions_of_content(self, content_hash: str) -> list[AssetVersion]:
        """List the versions under any name whose content has that hash, newest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT name, version FROM version WHERE kind = ?"
                " AND json_extract(properties, '$.properties.hash_sha256') = ?"
                " ORDER BY sequence DESC",
                (self.kind.singular, content_hash),
            ).fetchall()
            return [item for row in rows if (item := self._find(connection, *row)) is not None]

    def container(self, name: str) -> Container:
        """Find what all versions of `name` share; raises NotFoundError naming the names."""
        with self._reading() as connection:
            return self._container(connection, name)

    def containers(self, view: View = "ActiveOnly") -> list[Container]:
        """List all names of this kind."""
        with self._reading() as connection:
            containers = [self._container(connection, name) for name in self._names(connection)]
        return [item for item in containers if is_shown(view, is_archived=item.is_archived)]

    def put_version(
        self,
        name: str,
        version: str,
        properties: Mapping[str, object],
        *,
        unless: Callable[[AssetVersion | None], None] | None = None,
        settle: Callable[[AssetVersion, Mapping[str, object]], dict[str, object]] | None = None,
    ) -> tuple[AssetVersion, bool]:
        """Create a version, or update what may change of it; returns (stored, is_new).

        `unless` gets the stored version inside the transaction, and may raise to refuse the write.
        `settle` refuses a change of the stored version, or returns what it becomes. Raises
        ConflictError when the version exists with other content, or the name's other versions are
        of another type.
        """
        properties, now = self.kind.stored_form(properties), time.time()
        if self.kind.uri:
            os.sync()  # after a power cut, too, there is what a registered version names
        with self._writing() as connection:
            stored = self._find(connection, name, version)
            if unless:
                unless(stored)
            if stored and settle:
                properties = settle(stored, properties)
            elif stored:
                refuse_changes(self.kind, stored, properties)
            else:
                self._create_container(connection, name, properties, now)
                shared = self._container(connection, name)
                refuse_another_type(self.kind, shared, version, properties)
            connection.execute(
                "INSERT INTO version (kind, name, version, properties, created_at, modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name, version)"
                " DO UPDATE SET properties = excluded.properties,"
                " modified_at = excluded.modified_at",
                (self.kind.singular, name, version, json.dumps(properties), now, now),
            )
        created = stored.created_at if stored else now
        return AssetVersion(name, version, properties, created, now), stored is None

    def put_container(self, name: str, properties: Mapping[str, object]) -> tuple[Container, bool]:
        """Create or update what all versions of `name` share; returns (stored, is_new).

        Raises ConflictError when the name has versions of another type.
        """
        with self._writing() as connection:
            is_new = name not in self._names(connection)
            self._create_container(connection, name, properties, time.time())
            shared = self._container(connection, name)
            refuse_to_become(self.kind, shared, properties)
            connection.execute(
                "UPDATE container SET properties = ? WHERE kind = ? AND name = ?",
                (json.dumps(dict(properties)), self.kind.singular, name),
            )
            return self._container(connection, name), is_new

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        carry_over_data_assets(self._folder, self._file)
        with self._file.reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        carry_over_data_assets(self._folder, self._file)
        with self._file.writing() as connection:
            yield connection

    def _create_container(
        self,
        connection: sqlite3.Connection,
        name: str,
        properties: Mapping[str, object],
        now: float,
    ) -> None:
        shared = {self.kind.type: properties[self.kind.type]} if self.kind.type else {}
        connection.execute(
            "INSERT OR IGNORE INTO container VALUES (?, ?, ?, ?)",
            (self.kind.singular, name, json.dumps(shared), now),
        )

    def _names(self, connection: sqlite3.Connection) -> list[str]:
        rows = connection.execute(
            "SELECT name FROM container WHERE kind = ? ORDER BY name", (self.kind.singular,)
        )
        return [name for (name,) in rows]

    def _find(self, connection: sqlite3.Connection, name: str, version: str) -> AssetVersion | None:
        row = connection.execute(
            f"{_VERSION} WHERE kind = ? AND name = ? AND version = ?",
            (self.kind.singular, name, version),
        ).fetchone()
        return _asset_version(name, row) if row else None

    # By creation: Azure's latest version is the newest one, whatever its number.
    def _versions(self, connection: sqlite3.Connection, name: str) -> list[AssetVersion]:
        rows = connection.execute(
            f"{_VERSION} WHERE kind = ? AND name = ? ORDER BY sequence DESC",
            (self.kind.singular, name),
        )
        return [_asset_version(name, row) for row in rows]

    def _container(self, connection: sqlite3.Connection, name: str) -> Container:
        row = connection.execute(
            "SELECT properties, created_at FROM container WHERE kind = ? AND name = ?",
            (self.kind.singular, name),
        ).fetchone()
        if not row:
            raise no_such_name(self.kind.noun, name, self._names(connection))
        properties, versions = json.loads(row[0]), self._versions(connection, name)
        active = [item.version for item in versions if not item.is_archived]
        return Container(
            name=name,
            type=self.kind.type_of(properties),
            description=properties.get("description"),
            tags=properties.get("tags", {}),
            properties=properties.get("properties", {}),
            is_archived=properties.get("isArchived", False),
            created_at=row[1],
            latest_version=active[0] if active else None,
            next_version=next_version(item.version for item in versions)
            if self.kind.is_counted
            else version_of_moment(),
        )


def version_of_moment() -> str:
    """Return a version that is named after this moment, in tenths of microseconds."""
    return f"{datetime.now(UTC):%Y-%m-%d-%H-%M-%S-%f}0"


def _asset_version(name: str, row: tuple[str, str, float, float]) -> AssetVersion:
    return AssetVersion(name, row[0], json.loads(row[1]), row[2], row[3])
