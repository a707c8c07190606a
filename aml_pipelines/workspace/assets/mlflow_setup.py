"""Sets up MLflow's database once, in one process, before any job opens it."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

from aml_pipelines.locks import hold
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Alembic's migrations know one database for each process, and a server may have several.
_setting_up = threading.Lock()


def prepare_tracking(state: Path, experiments: Sequence[str] = ()) -> None:
    """Bring MLflow's database in `state` to its present schema, with `experiments` in it.

    Jobs that open a new database at once would race to set it up. Artifacts go into the lake. Does
    not import MLflow when there is nothing to do.
    """
    folder = StateFolder(state)
    folder.mlflow.mkdir(parents=True, exist_ok=True)
    # Each job begins with this, and MLflow's migrations fail when two run at once.
    with hold(folder.mlflow_lock, {"doing": "set up MLflow's database"}):
        if not _has_schema(folder):
            with _setting_up:
                _set_up(folder)
        _add_experiments(folder, experiments)


def is_current(folder: StateFolder, experiments: Sequence[str]) -> bool:
    """Return whether the installed MLflow has set up its database, with `experiments` in it."""
    return _has_schema(folder) and not _missing(folder, experiments)


def _has_schema(folder: StateFolder) -> bool:
    database, marker = folder.mlflow_database, folder.mlflow_version
    is_there = database.is_file() and marker.is_file()
    return is_there and marker.read_text() == version("mlflow")


def _missing(folder: StateFolder, experiments: Sequence[str]) -> list[str]:
    with closing(sqlite3.connect(f"{folder.mlflow_database.as_uri()}?mode=ro", uri=True)) as opened:
        there = {name for (name,) in opened.execute("SELECT name FROM experiments")}
    return [name for name in dict.fromkeys(experiments) if name not in there]


def _add_experiments(folder: StateFolder, experiments: Sequence[str]) -> None:
    """Add experiments by SQL: a job that names another one must not pay for MLflow's import."""
    now = time.time_ns() // 1_000_000
    rows = [
        (name, (folder.mlflow_artifacts / name).as_uri(), now, now)
        for name in _missing(folder, experiments)
    ]
    if not rows:
        return
    with closing(sqlite3.connect(folder.mlflow_database, timeout=60)) as opened, opened:
        opened.executemany(
            "INSERT OR IGNORE INTO experiments (name, artifact_location, lifecycle_stage,"
            " creation_time, last_update_time) VALUES (?, ?, 'active', ?, ?)",
            rows,
        )


def _set_up(folder: StateFolder) -> None:
    # Creating the store is what migrates the tables: its module costs 2 s to import.
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    SqlAlchemyStore(f"sqlite:///{folder.mlflow_database}", folder.mlflow_artifacts.as_uri())
    folder.mlflow_version.write_text(version("mlflow"))
