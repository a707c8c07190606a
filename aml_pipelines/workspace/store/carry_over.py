"""Carries data assets over from the database that they had of their own, once for each lake."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    from aml_pipelines.workspace.state import StateFolder

_KIND = "data"


def carry_over_data_assets(folder: StateFolder, versions: SqliteFile) -> None:
    """Copy the old database's data assets into `versions`, and give the old one another name.

    Raises RegistryError, and changes nothing, when the old one is of a schema that is not known.
    """
    old = folder.old_data_database
    if not old.is_file():
        return
    with versions.writing() as connection:
        if old.is_file():  # no other process was quicker
            _copy(SqliteFile(old, tables=""), connection)
    # The copy is committed before the old file goes: a process that dies in between repeats it,
    # and what has been written since stays. The lock of a transaction keeps others from reading a
    # file that is half renamed.
    with versions.writing():
        for suffix in ("-wal", "-shm", ""):  # the log first: without it, the file is not whole
            part = old.with_name(f"{old.name}{suffix}")
            with suppress(FileNotFoundError):
                part.rename(old.with_name(f"{folder.kept_data_database.name}{suffix}"))


def _copy(old: SqliteFile, connection: sqlite3.Connection) -> None:
    with old.reading() as source:
        source.row_factory = sqlite3.Row
        for row in source.execute("SELECT * FROM container"):
            connection.execute(
                "INSERT OR IGNORE INTO container VALUES (?, ?, ?, ?)",
                (_KIND, row["name"], json.dumps(_shared(row)), row["created_at"]),
            )
        for row in source.execute("SELECT * FROM version ORDER BY sequence"):
            content = json.dumps(_content(row))
            connection.execute(
                "INSERT OR IGNORE INTO version (kind, name, version, properties, created_at,"
                " modified_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    _KIND,
                    row["name"],
                    row["version"],
                    content,
                    row["created_at"],
                    row["modified_at"],
                ),
            )


def _shared(row: sqlite3.Row) -> dict[str, object]:
    return {
        "dataType": row["type"],
        "description": row["description"],
        "tags": json.loads(row["tags"]),
        "properties": json.loads(row["properties"]),
        "isArchived": bool(row["is_archived"]),
    }


def _content(row: sqlite3.Row) -> dict[str, object]:
    uris = json.loads(row["referenced_uris"])
    return {
        **_shared(row),
        "dataUri": row["path"],
        "stage": row["stage"],
        "isAnonymous": bool(row["is_anonymous"]),
        **({"referencedUris": uris} if uris else {}),
    }
