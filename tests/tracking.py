"""MLflow's database as a lake's first run leaves it, made once: its migrations take seconds."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.state import StateFolder

EXPERIMENT = "flights"


def lay_tracking(state: Path) -> None:
    """Copy the database into `state`, where its artifacts will be too."""
    made, copy = StateFolder(_made()), StateFolder(state)
    shutil.copytree(made.mlflow, copy.mlflow)
    with closing(sqlite3.connect(copy.mlflow_database)) as database, database:
        database.execute(
            "UPDATE experiments SET artifact_location = replace(artifact_location, ?, ?)",
            (made.mlflow_artifacts.as_uri(), copy.mlflow_artifacts.as_uri()),
        )


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    prepare_tracking(folder, [EXPERIMENT])
    return folder
