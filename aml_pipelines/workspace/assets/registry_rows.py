"""The registry's SQLite tables: rows to assets and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import Container, DataAsset

if TYPE_CHECKING:
    import sqlite3

TABLES = """
CREATE TABLE container (
  name TEXT PRIMARY KEY, type TEXT NOT NULL, description TEXT, tags TEXT NOT NULL,
  properties TEXT NOT NULL, is_archived INTEGER NOT NULL, created_at REAL NOT NULL);
CREATE TABLE version (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL, version TEXT NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL,
  description TEXT, tags TEXT NOT NULL, properties TEXT NOT NULL, stage TEXT,
  is_anonymous INTEGER NOT NULL, is_archived INTEGER NOT NULL, referenced_uris TEXT NOT NULL,
  created_at REAL NOT NULL, modified_at REAL NOT NULL, UNIQUE (name, version));
"""


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM container ORDER BY name")]


def container(connection: sqlite3.Connection, name: str) -> Container | None:
    """Read a container; its versions are the caller's to fill in."""
    row = connection.execute(
        "SELECT name, type, description, tags, properties, is_archived, created_at"
        " FROM container WHERE name = ?",
        (name,),
    ).fetchone()
    if not row:
        return None
    return Container(
        name=row[0],
        type=row[1],
        description=row[2],
        tags=json.loads(row[3]),
        properties=json.loads(row[4]),
        is_archived=bool(row[5]),
        created_at=row[6],
        latest_version=None,
        next_version="1",
    )


def insert_container(connection: sqlite3.Connection, name: str, kind: str, now: float) -> bool:
    """Make the container unless it exists; says if it was made."""
    made = connection.execute(
        "INSERT OR IGNORE INTO container VALUES (?, ?, NULL, '{}', '{}', 0, ?)", (name, kind, now)
    )
    return made.rowcount == 1


def update_container(connection: sqlite3.Connection, changed: Container) -> None:
    connection.execute(
        "UPDATE container SET description = ?, tags = ?, properties = ?, is_archived = ?"
        " WHERE name = ?",
        (
            changed.description,
            json.dumps(dict(changed.tags)),
            json.dumps(dict(changed.properties)),
            changed.is_archived,
            changed.name,
        ),
    )


_VERSION = (
    "SELECT name, version, type, path, description, tags, properties, stage,"
    " is_anonymous, is_archived, referenced_uris, created_at, modified_at FROM version"
)


def version(connection: sqlite3.Connection, name: str, number: str) -> DataAsset | None:
    row = connection.execute(
        f"{_VERSION} WHERE name = ? AND version = ?", (name, number)
    ).fetchone()
    return _asset(row) if row else None


def versions(connection: sqlite3.Connection, name: str) -> list[DataAsset]:
    """Read all versions of `name`, the one made last first."""
    found = connection.execute(f"{_VERSION} WHERE name = ? ORDER BY sequence DESC", (name,))
    return [_asset(row) for row in found]


def insert_version(connection: sqlite3.Connection, asset: DataAsset) -> None:
    connection.execute(
        "INSERT INTO version (name, version, type, path, description, tags, properties, stage,"
        " is_anonymous, is_archived, referenced_uris, created_at, modified_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            asset.name,
            asset.version,
            asset.type,
            asset.path,
            asset.description,
            json.dumps(dict(asset.tags)),
            json.dumps(dict(asset.properties)),
            asset.stage,
            asset.is_anonymous,
            asset.is_archived,
            json.dumps(list(asset.referenced_uris)),
            asset.created_at,
            asset.modified_at,
        ),
    )


def update_version(connection: sqlite3.Connection, asset: DataAsset) -> None:
    """Write what may change of a registered version."""
    connection.execute(
        "UPDATE version SET description = ?, tags = ?, stage = ?, is_archived = ?,"
        " modified_at = ? WHERE name = ? AND version = ?",
        (
            asset.description,
            json.dumps(dict(asset.tags)),
            asset.stage,
            asset.is_archived,
            asset.modified_at,
            asset.name,
            asset.version,
        ),
    )


def _asset(row: tuple[str, ...]) -> DataAsset:
    return DataAsset(
        name=row[0],
        version=row[1],
        type=row[2],
        path=row[3],
        description=row[4],
        tags=json.loads(row[5]),
        properties=json.loads(row[6]),
        stage=row[7],
        is_anonymous=bool(row[8]),
        is_archived=bool(row[9]),
        referenced_uris=tuple(json.loads(row[10])),
        created_at=float(row[11]),
        modified_at=float(row[12]),
    )
