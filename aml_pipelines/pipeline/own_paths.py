"""What of a lake is the workspace's own: never a blob, and never named by a datastore's URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

REGISTRY = "registry"
JOBS, ONLINE = "jobs", "online"
LOCK = ".lock"
MLFLOW_DATABASE = "mlflow/mlflow.db"
_FOLDERS = (REGISTRY, JOBS, ONLINE, LOCK)
_FILES = (MLFLOW_DATABASE, "mlflow/setup.lock", "mlflow/schema-of-mlflow")


def is_own(path: PurePath) -> bool:
    """Return whether `path`, which is relative to the lake's folder, is the workspace's own.

    Letters count in either case: to some file systems they are the same.
    """
    text = path.as_posix().casefold()
    # SQLite keeps files beside its own whose names begin with it.
    return text.partition("/")[0] in _FOLDERS or text.startswith(_FILES)
