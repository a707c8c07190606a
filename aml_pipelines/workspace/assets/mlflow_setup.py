"""Sets up MLflow's database once, in one process, before any job opens it."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

from aml_pipelines.disk import writing
from aml_pipelines.files import write_whole
from aml_pipelines.locks import hold
from aml_pipelines.workspace.assets.mlflow_tables import connect_existing
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
    with closing(connect_existing(folder.mlflow_database)) as opened:
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
    """Make the database, or bring a copy of it to MLflow's schema; what is there is whole.

    A migration that a full disk or a crash ends leaves tables that no later one can go on from.
    """
    # Creating the store is what migrates the tables: its module costs 2 s to import.
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    database = folder.mlflow_database
    # A name of its own: MLflow keeps connections to the databases that it has opened.
    part = database.with_name(f".{database.name}.{uuid.uuid4().hex}.part")
    try:
        with writing(database):
            if database.is_file():
                _copy(database, part)
            SqlAlchemyStore(f"sqlite:///{part}", folder.mlflow_artifacts.as_uri())
            part.replace(database)
    finally:
        part.unlink(missing_ok=True)
        part.with_name(f"{part.name}-journal").unlink(missing_ok=True)
    write_whole(folder.mlflow_version, version("mlflow").encode())


def _copy(database: Path, copy: Path) -> None:
    with closing(sqlite3.connect(database)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
