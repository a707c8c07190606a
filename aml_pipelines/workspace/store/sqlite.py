"""Opens a SQLite file for many processes and threads, in transactions that queue up."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.disk import writing
from conf import faults
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = 1
WAIT_SECONDS = 60.0


class RegistryError(UserError):
    """The file was not written by this version."""


@dataclass(frozen=True)
class SqliteFile:
    """The file at `path` with the tables of the SQL `tables`; the first write creates it."""

    path: Path
    tables: str

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one consistent read; a missing file reads as an empty one."""
        with closing(self._connect() if self.path.is_file() else self._empty()) as connection:
            # One transaction: rows that are read one after the other must be of one moment.
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; others wait for its end."""
        with writing(self.path):
            yield from self._written()

    def _written(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            self._create()
        with closing(self._connect()) as connection:
            # At once, not at the first write: SQLite does not wait for a lock that a reader asks
            # for, it fails.
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            with faults.around("database commit", str(self.path)):
                connection.execute("COMMIT")

    def _create(self) -> None:
        # Two processes that set up one WAL file lock each other out: each sets up one of its own,
        # and the first one gives its file the name.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        newborn = self.path.with_name(f"{self.path.name}.{uuid.uuid4().hex}")
        with closing(sqlite3.connect(newborn)) as connection:
            connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA user_version = {SCHEMA};")
            connection.executescript(self.tables)
        with suppress(FileExistsError):
            os.link(newborn, self.path)
        newborn.unlink()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        if schema != SCHEMA:
            connection.close()
            raise RegistryError(
                f"{self.path}: has schema {schema}, not {SCHEMA}; delete it to start anew"
            )
        return connection

    def _empty(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(self.tables)
        return connection
