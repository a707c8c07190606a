"""Gives a model's version the number that was asked for: MLflow's own client only counts on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import is_integer

if TYPE_CHECKING:
    from pathlib import Path

_TABLES = ("model_versions", "model_version_tags", "registered_model_aliases")
_LONGEST = 18  # digits of an integer in SQLite


def number_of(version: str) -> int | None:
    """Return the number by which MLflow can know `version`; None for a word or 007."""
    is_number = is_integer(version) and len(version) <= _LONGEST and str(int(version)) == version
    return int(version) if is_number else None


def is_taken(database: Path, name: str, number: int) -> bool:
    """Say whether a version has the number, or had it before it was deleted."""
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        return _is_there(connection, name, number)


def renumber(database: Path, name: str, *, counted: int, wanted: int) -> bool:
    """Change the number that MLflow has `counted` for a version to `wanted`, unless it is taken.

    Return whether it was not.
    """
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        is_free = not _is_there(connection, name, wanted)
        for table in _TABLES if is_free else ():
            connection.execute(
                f"UPDATE {table} SET version = ? WHERE name = ? AND version = ?",  # noqa: S608 # ours
                (wanted, name, counted),
            )
        connection.execute("COMMIT")
    return is_free


def _is_there(connection: sqlite3.Connection, name: str, number: int) -> bool:
    there = "SELECT 1 FROM model_versions WHERE name = ? AND version = ?"
    return connection.execute(there, (name, number)).fetchone() is not None
