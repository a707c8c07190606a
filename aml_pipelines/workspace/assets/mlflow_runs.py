"""Writes MLflow's runs of jobs into its own SQLite tables, without importing MLflow.

By raw SQL, since MLflow's client costs two seconds to import, which each job would pay. A test
reads the runs with MLflow's own client and compares their columns with those of a run it made.
"""

from __future__ import annotations

import getpass
import shutil
import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.execution.tracking import Ended, TrackedRun, run_id
from aml_pipelines.workspace.assets.mlflow_setup import is_current
from aml_pipelines.workspace.assets.registered_copies import keep_copies
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_RUN = (
    "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status,"
    " start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
    " VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, '', 'active', ?, ?)"
    " ON CONFLICT (run_uuid) DO UPDATE SET status = 'RUNNING', end_time = NULL"
)
_COPIED = {
    "metrics": "key, value, timestamp, step, is_nan",
    "latest_metrics": "key, value, timestamp, step, is_nan",
    "params": "key, value",
}


class MlflowRuns:
    """The runs of the workspace with the folder `state`.

    `await_setup` returns when MLflow's database is set up, which it is but for a new lake.
    """

    def __init__(self, state: Path, await_setup: Callable[[], None]) -> None:
        self._folder = StateFolder(state.resolve())
        self._await_setup = await_setup

    def artifacts(self, name: str) -> Path:
        return self._folder.artifacts(name)

    def begin(self, run: TrackedRun) -> None:
        if not is_current(self._folder, [run.experiment]):
            self._await_setup()
        user = getpass.getuser()
        tags = {
            "mlflow.runName": run.display_name,
            "mlflow.user": user,
            **({"mlflow.parentRunId": run_id(run.parent)} if run.parent else {}),
            "mlflow.rootRunId": run_id(run.root or run.name),
            **run.tags,
        }
        identity, uri = run_id(run.name), self.artifacts(run.name).as_uri()
        with self._open() as connection:
            (experiment,) = connection.execute(
                "SELECT experiment_id FROM experiments WHERE name = ?", (run.experiment,)
            ).fetchone()
            now = _milliseconds()
            connection.execute(_RUN, (identity, run.display_name, user, now, uri, experiment))
            _set_tags(connection, identity, tags)

    def tag(self, name: str, tags: Mapping[str, str]) -> None:
        with self._open() as connection:
            _set_tags(connection, run_id(name), tags)

    def tag_of(self, name: str, key: str) -> str:
        with self._open() as connection:
            found = connection.execute(
                "SELECT value FROM tags WHERE run_uuid = ? AND key = ?", (run_id(name), key)
            ).fetchone()
            return str(found[0]) if found else ""

    def reports(self, name: str, metric: str) -> list[float]:
        with self._open() as connection:
            rows = connection.execute(
                "SELECT value FROM metrics WHERE run_uuid = ? AND key = ? AND NOT is_nan"
                " ORDER BY step, timestamp",
                (run_id(name), metric),
            )
            return [float(value) for (value,) in rows]

    def end(self, name: str, status: Ended) -> None:
        with self._open() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?",
                (status, _milliseconds(), run_id(name)),
            )
        # In a transaction of its own: a large model is copied before it writes.
        with self._open() as connection:
            keep_copies(connection, self._folder)

    def hide(self, names: Iterable[str]) -> None:
        """Delete runs as MLflow's client does: they are marked, and no longer listed."""
        if not self._folder.mlflow_database.is_file():
            return
        with self._open() as connection:
            connection.executemany(
                "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ? WHERE run_uuid = ?",
                [(_milliseconds(), run_id(name)) for name in names],
            )

    def copy(self, earlier: str, name: str) -> None:
        with self._open() as connection:
            for table, columns in _COPIED.items():
                connection.execute(
                    f"INSERT OR IGNORE INTO {table} (run_uuid, {columns})"  # noqa: S608 # constants
                    f" SELECT ?, {columns} FROM {table} WHERE run_uuid = ?",
                    (run_id(name), run_id(earlier)),
                )
            _copy_name(connection, run_id(earlier), run_id(name))
        if self.artifacts(earlier).is_dir():
            shutil.copytree(self.artifacts(earlier), self.artifacts(name), dirs_exist_ok=True)

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags that a job's own code has set on its run; none before it began."""
        if not self._folder.mlflow_database.is_file():
            return {}
        with self._open() as connection:
            rows = connection.execute(
                "SELECT key, value FROM tags WHERE run_uuid = ? AND key NOT LIKE 'mlflow.%'",
                (run_id(name),),
            )
            return dict(rows.fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = self._folder.mlflow_database
        with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
            yield connection


def _set_tags(connection: sqlite3.Connection, identity: str, tags: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
        [(key, value, identity) for key, value in tags.items()],
    )


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _copy_name(connection: sqlite3.Connection, earlier: str, name: str) -> None:
    """Name a run as the code of an `earlier` one has named that, unless its job names it itself."""
    named, own = (
        connection.execute("SELECT name FROM runs WHERE run_uuid = ?", (run,)).fetchone()[0]
        for run in (earlier, name)
    )
    # Without a name of its own, a node's run has the node's, in which its id ends.
    if name.endswith(f"_{own}") and not earlier.endswith(f"_{named}"):
        connection.execute("UPDATE runs SET name = ? WHERE run_uuid = ?", (named, name))
        _set_tags(connection, name, {"mlflow.runName": named})
