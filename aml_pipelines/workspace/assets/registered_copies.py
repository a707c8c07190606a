"""Keeps a copy of models that a script registered by a path of its own, as Azure does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    import sqlite3

    from aml_pipelines.workspace.state import StateFolder

_MODELS = "SELECT name, version, source FROM model_versions WHERE source IS NOT NULL"
_MOVE = "UPDATE model_versions SET source = ?, storage_location = ? WHERE name = ? AND version = ?"
_COPIES = "registered"


def keep_copies(connection: sqlite3.Connection, folder: StateFolder) -> None:
    """Copy models whose files are nobody's to keep, and make the copies their source.

    `mlflow.register_model("file://…")` records an address alone: of a folder outside of the
    workspace, or in the working directory of a run.
    """
    copied = []
    for name, version, source in connection.execute(_MODELS).fetchall():
        path = _local(source)
        if path is None or not _is_passing(path, folder) or not path.exists():
            continue
        copy = folder.mlflow_artifacts / _COPIES / name / str(version)
        if path.is_dir():
            shutil.copytree(path, copy, dirs_exist_ok=True)
        else:
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        copied.append((copy.as_uri(), copy.as_uri(), name, version))
    # After all copies: the first write locks the database, for which other jobs wait.
    connection.executemany(_MOVE, copied)


def _local(source: str) -> Path | None:
    path = Path(unquote(source.removeprefix("file://")))
    return path if path.is_absolute() else None


def _is_passing(path: Path, folder: StateFolder) -> bool:
    return not path.is_relative_to(folder.root) or path.is_relative_to(folder.runs)
