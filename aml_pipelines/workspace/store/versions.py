"""Versioned resources that jobs are made of: environments, components, codes, as documents."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError
from aml_pipelines.pipeline.assets import (
    Container,
    is_shown,
    next_version,
    no_such_name,
    no_such_version,
)
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aml_pipelines.pipeline.assets import View

MAY_CHANGE = ("description", "tags", "isArchived", "stage")
_TABLES = """
CREATE TABLE container (
  kind TEXT, name TEXT, properties TEXT NOT NULL, created_at REAL NOT NULL,
  PRIMARY KEY (kind, name));
CREATE TABLE version (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, properties TEXT NOT NULL,
  created_at REAL NOT NULL, modified_at REAL NOT NULL, UNIQUE (kind, name, version));
"""
_VERSION = "SELECT version, properties, created_at, modified_at FROM version"


@dataclass(frozen=True)
class ResourceVersion:
    """One version of a resource; `properties` are its body's, as the API names them."""

    name: str
    version: str
    properties: Mapping[str, object]
    created_at: float
    modified_at: float

    @property
    def is_archived(self) -> bool:
        return bool(self.properties.get("isArchived", False))


class Resources:
    """The resources of one kind, such as environments, in the workspace with the folder `state`."""

    def __init__(self, state: Path, kind: str) -> None:
        self._file = SqliteFile(StateFolder(state).versions_database, _TABLES)
        self._kind = kind

    def version(self, name: str, version: str) -> ResourceVersion:
        """Find a version; raises NotFoundError naming the names or versions there are."""
        with self._file.reading() as connection:
            found = self._find(connection, name, version)
            if not found:
                self._container(connection, name)
                there_are = [item.version for item in self._versions(connection, name)]
                raise no_such_version(self._kind, name, version, there_are)
        return found

    def versions(self, name: str, view: View = "ActiveOnly") -> list[ResourceVersion]:
        """List the versions of `name`, newest first; raises NotFoundError for an unknown name."""
        with self._file.reading() as connection:
            self._container(connection, name)
            found = self._versions(connection, name)
        return [item for item in found if is_shown(view, is_archived=item.is_archived)]

    def versions_of_content(self, content_hash: str) -> list[ResourceVersion]:
        """List the versions under any name whose content has that hash, newest first."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT name, version FROM version WHERE kind = ?"
                " AND json_extract(properties, '$.properties.hash_sha256') = ?"
                " ORDER BY sequence DESC",
                (self._kind, content_hash),
            ).fetchall()
            return [item for row in found if (item := self._find(connection, *row)) is not None]

    def container(self, name: str) -> Container:
        """Find what all versions of `name` share; raises NotFoundError naming the names."""
        with self._file.reading() as connection:
            return self._container(connection, name)

    def containers(self, view: View = "ActiveOnly") -> list[Container]:
        """List all resources of this kind by name."""
        with self._file.reading() as connection:
            found = [self._container(connection, name) for name in self._names(connection)]
        return [item for item in found if is_shown(view, is_archived=item.is_archived)]

    def put_version(
        self,
        name: str,
        version: str,
        properties: Mapping[str, object],
        *,
        unless: Callable[[ResourceVersion | None], None],
    ) -> tuple[ResourceVersion, bool]:
        """Create a version, or update what may change of it; gives it as stored, and if it is new.

        `unless` sees what is stored, inside the transaction, and may raise to refuse the write.
        Raises ConflictError when the version exists with other content.
        """
        now, content = time.time(), json.dumps(dict(properties))
        with self._file.writing() as connection:
            stored = self._find(connection, name, version)
            unless(stored)
            if stored:
                self._refuse_changes(stored, properties)
            connection.execute(
                "INSERT OR IGNORE INTO container VALUES (?, ?, '{}', ?)", (self._kind, name, now)
            )
            connection.execute(
                "INSERT INTO version (kind, name, version, properties, created_at, modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name, version)"
                " DO UPDATE SET properties = excluded.properties,"
                " modified_at = excluded.modified_at",
                (self._kind, name, version, content, now, now),
            )
        created = stored.created_at if stored else now
        return ResourceVersion(name, version, properties, created, now), stored is None

    def put_container(self, name: str, properties: Mapping[str, object]) -> tuple[Container, bool]:
        """Create or update what all versions of `name` share; says if it is new."""
        with self._file.writing() as connection:
            is_new = name not in self._names(connection)
            connection.execute(
                "INSERT INTO container VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET properties = excluded.properties",
                (self._kind, name, json.dumps(dict(properties)), time.time()),
            )
            return self._container(connection, name), is_new

    def _names(self, connection: sqlite3.Connection) -> list[str]:
        found = connection.execute(
            "SELECT name FROM container WHERE kind = ? ORDER BY name", (self._kind,)
        )
        return [name for (name,) in found]

    def _find(
        self, connection: sqlite3.Connection, name: str, version: str
    ) -> ResourceVersion | None:
        row = connection.execute(
            f"{_VERSION} WHERE kind = ? AND name = ? AND version = ?", (self._kind, name, version)
        ).fetchone()
        return _resource_version(name, row) if row else None

    def _versions(self, connection: sqlite3.Connection, name: str) -> list[ResourceVersion]:
        rows = connection.execute(
            f"{_VERSION} WHERE kind = ? AND name = ? ORDER BY sequence DESC", (self._kind, name)
        )
        return [_resource_version(name, row) for row in rows]

    def _container(self, connection: sqlite3.Connection, name: str) -> Container:
        row = connection.execute(
            "SELECT properties, created_at FROM container WHERE kind = ? AND name = ?",
            (self._kind, name),
        ).fetchone()
        if not row:
            raise no_such_name(self._kind, name, self._names(connection))
        properties, versions = json.loads(row[0]), self._versions(connection, name)
        active = [item.version for item in versions if not item.is_archived]
        return Container(
            name=name,
            type=self._kind,
            description=properties.get("description"),
            tags=properties.get("tags", {}),
            properties=properties.get("properties", {}),
            is_archived=properties.get("isArchived", False),
            created_at=row[1],
            latest_version=active[0] if active else None,
            next_version=next_version(item.version for item in versions),
        )

    def _refuse_changes(self, stored: ResourceVersion, properties: Mapping[str, object]) -> None:
        fields = sorted({*stored.properties, *properties} - {*MAY_CHANGE})
        changed = [name for name in fields if stored.properties.get(name) != properties.get(name)]
        if changed:
            raise ConflictError(
                f"{self._kind} {stored.name!r} version {stored.version!r} is already registered "
                f"and cannot be changed: its {changed} differ; only {', '.join(MAY_CHANGE)} may, "
                "so use another version"
            )


def _resource_version(name: str, row: tuple[str, str, float, float]) -> ResourceVersion:
    return ResourceVersion(name, row[0], json.loads(row[1]), row[2], row[3])
