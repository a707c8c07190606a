"""A disk that has no space left for one more page of a database."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.workspace.store.sqlite import SqliteFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def full_disk(database: Path) -> Iterator[None]:
    """Let no database of this process grow beyond the present size of `database`, in the block."""
    with SqliteFile(database, "").writing() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    real = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401 # as it is
        connection: sqlite3.Connection = real(*arguments, **named)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        yield
