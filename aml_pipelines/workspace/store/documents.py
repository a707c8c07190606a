"""Stores resources without versions, such as computes and endpoints, as JSON documents."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

_TABLES = """
CREATE TABLE document (
  kind TEXT, name TEXT, content TEXT NOT NULL, created_at REAL NOT NULL, modified_at REAL NOT NULL,
  PRIMARY KEY (kind, name));
"""
_COLUMNS = "SELECT name, content, created_at, modified_at FROM document"


@dataclass(frozen=True)
class StoredDocument:
    """A stored resource; `content` is its body, with the API's names of fields."""

    name: str
    content: Mapping[str, object]
    created_at: float
    modified_at: float

    @property
    def properties(self) -> dict[str, object]:
        properties = self.content.get("properties")
        return dict(properties) if isinstance(properties, dict) else {}


def all_contents(state: Path) -> list[Mapping[str, object]]:
    """Return the bodies of the resources of all kinds in the workspace with the folder `state`."""
    file = SqliteFile(StateFolder(state).documents_database, _TABLES)
    with file.reading() as connection:
        rows = connection.execute("SELECT content FROM document").fetchall()
    return [json.loads(content) for (content,) in rows]


class Documents:
    """The resources of one kind in the workspace with the folder `state`."""

    def __init__(self, state: Path, kind: str) -> None:
        self._file = SqliteFile(StateFolder(state).documents_database, _TABLES)
        self.kind = kind

    def find(self, name: str) -> StoredDocument | None:
        with self._file.reading() as connection:
            return self._find(connection, name)

    def get(self, name: str) -> StoredDocument:
        """Find a resource; raises NotFoundError naming those that exist."""
        with self._file.reading() as connection:
            document = self._find(connection, name)
            if document:
                return document
            names = [item.name for item in self._all(connection)]
        raise NotFoundError(f"{self.kind} {name!r} does not exist; there are {names}")

    def all(self) -> list[StoredDocument]:
        """List all resources of this kind by name."""
        with self._file.reading() as connection:
            return self._all(connection)

    def put(self, name: str, content: Mapping[str, object]) -> tuple[StoredDocument, bool]:
        """Create a resource or replace it; returns (stored, is_new)."""
        now = time.time()
        with self._file.writing() as connection:
            stored = self._find(connection, name)
            created = stored.created_at if stored else now
            is_same = stored is not None and stored.content == content
            # A schedule that is put again unchanged must not lose a time that is just due.
            modified = stored.modified_at if stored and is_same else now
            connection.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?)",
                (self.kind, name, json.dumps(dict(content)), created, modified),
            )
        return StoredDocument(name, content, created, modified), stored is None

    def delete(self, name: str) -> bool:
        """Delete a resource; returns whether it existed."""
        with self._file.writing() as connection:
            document = self._find(connection, name)
            connection.execute(
                "DELETE FROM document WHERE kind = ? AND name = ?", (self.kind, name)
            )
        return document is not None

    def _find(self, connection: sqlite3.Connection, name: str) -> StoredDocument | None:
        row = connection.execute(
            f"{_COLUMNS} WHERE kind = ? AND name = ?", (self.kind, name)
        ).fetchone()
        return _document(row) if row else None

    def _all(self, connection: sqlite3.Connection) -> list[StoredDocument]:
        rows = connection.execute(f"{_COLUMNS} WHERE kind = ? ORDER BY name", (self.kind,))
        return [_document(row) for row in rows]


def _document(row: tuple[str, str, float, float]) -> StoredDocument:
    return StoredDocument(row[0], json.loads(row[1]), row[2], row[3])
