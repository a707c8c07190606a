"""Sets up MLflow's database once, in one process, before any job opens it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

from aml_pipelines.locks import hold
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def prepare_tracking(state: Path, experiments: Sequence[str] = ()) -> None:
    """Bring MLflow's database in `state` to its present schema, with `experiments` in it.

    Jobs that open a new database at once would race to set it up. Artifacts go into the lake. Does
    not import MLflow when there is nothing to do.
    """
    folder = StateFolder(state)
    folder.mlflow.mkdir(parents=True, exist_ok=True)
    # Each job begins with this, and MLflow's migrations fail when two run at once.
    with hold(folder.mlflow_lock, {"doing": "set up MLflow's database"}):
        if not is_current(folder, experiments):
            _set_up(folder, experiments)


def is_current(folder: StateFolder, experiments: Sequence[str]) -> bool:
    """Return whether the installed MLflow has set up its database, with `experiments` in it."""
    database, marker = folder.mlflow_database, folder.mlflow_version
    if not database.is_file() or not marker.is_file() or marker.read_text() != version("mlflow"):
        return False
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM experiments")]
    return set(experiments) <= set(names)


def _set_up(folder: StateFolder, experiments: Sequence[str]) -> None:
    # Creating the store is what migrates the tables: its module costs 2 s to import.
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    artifacts = folder.mlflow_artifacts
    store = SqlAlchemyStore(f"sqlite:///{folder.mlflow_database}", artifacts.as_uri())
    for experiment in experiments:
        if store.get_experiment_by_name(experiment) is None:
            store.create_experiment(experiment, (artifacts / experiment).as_uri())
    folder.mlflow_version.write_text(version("mlflow"))
