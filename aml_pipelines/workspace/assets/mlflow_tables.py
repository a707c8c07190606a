"""Reads models from MLflow's own SQLite tables, without importing MLflow.

By raw SQL, since MLflow's client costs two seconds to import, which a planner or a server that
only reads should not pay. A test compares the columns with MLflow's own table classes.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.assets import (
    LATEST,
    Container,
    ModelAsset,
    View,
    is_shown,
    next_version,
    no_such_label,
    no_such_name,
    no_such_version,
)
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND = "model"
PREFIX = "azureml."  # of the tags for what MLflow has no column for, beside a user's own tags
MLFLOW_MODEL = "mlflow_model"
# MLflow keeps the rows of deleted versions, with this stage, and never uses their numbers again.
_DELETED = "Deleted_Internal"
_HAS_MODELS = "SELECT 1 FROM sqlite_master WHERE name = 'registered_models'"


class MlflowTables:
    """The registered models of the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.database = StateFolder(state).mlflow_database

    def model(self, name: str, version: str | None = None, label: str | None = None) -> ModelAsset:
        """Find a model by version or by label, else the latest; raises NotFoundError."""
        versions = self.models(name, "All")
        if version is not None:
            for model in versions:
                if model.version == version:
                    return model
            raise no_such_version(KIND, name, version, [model.version for model in versions])
        active = [model for model in versions if not model.is_archived]
        if label not in (None, LATEST) or not active:
            raise no_such_label(KIND, name, label or LATEST)
        return active[0]

    def models(self, name: str, view: View = "ActiveOnly") -> list[ModelAsset]:
        """List the versions of `name`, newest first; raises NotFoundError for an unknown name."""
        with self._reading() as connection:
            if name not in _names(connection):
                raise no_such_name(KIND, name, _names(connection))
            rows = connection.execute(
                "SELECT version, source, description, creation_time, last_updated_time, run_id"
                " FROM model_versions WHERE name = ? AND current_stage <> ?"
                # By creation: Azure's latest version is the newest one, whatever its number.
                " ORDER BY creation_time DESC, version DESC",
                (name, _DELETED),
            ).fetchall()
            tags = _tags_by_version(connection, name)
        models = [self._model(name, row, tags.get(row[0], {})) for row in rows]
        return [model for model in models if is_shown(view, is_archived=model.is_archived)]

    def number(self, name: str, version: str) -> str:
        """Return the number by which MLflow knows a version of `name`."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT version FROM model_version_tags WHERE name = ? AND key = ? AND value = ?",
                (name, f"{PREFIX}version", version),
            ).fetchone()
        return str(found[0]) if found else version

    def container(self, name: str) -> Container:
        """Find what the versions of `name` share; raises NotFoundError naming the names."""
        versions = self.models(name, "All")
        with self._reading() as connection:
            description, created = connection.execute(
                "SELECT description, creation_time FROM registered_models WHERE name = ?", (name,)
            ).fetchone()
            (greatest,) = connection.execute(
                "SELECT coalesce(max(version), 0) FROM model_versions WHERE name = ?", (name,)
            ).fetchone()
            tags = dict(
                connection.execute(
                    "SELECT key, value FROM registered_model_tags WHERE name = ?", (name,)
                )
            )
        active = [model.version for model in versions if not model.is_archived]
        return Container(
            name=name,
            type="",
            description=description or None,
            tags=_own(tags),
            properties=json.loads(tags.get(f"{PREFIX}properties", "{}")),
            is_archived=tags.get(f"{PREFIX}archived") == "true",
            created_at=created / 1000,
            latest_version=active[0] if active else None,
            next_version=next_version([str(greatest)]),
        )

    def containers(self, view: View = "ActiveOnly") -> list[Container]:
        """List all models by name."""
        with self._reading() as connection:
            names = _names(connection)
        containers = [self.container(name) for name in names]
        return [item for item in containers if is_shown(view, is_archived=item.is_archived)]

    def _model(
        self,
        name: str,
        row: tuple[int, str, str | None, int, int, str | None],
        tags: Mapping[str, str],
    ) -> ModelAsset:
        version, source, description, created, updated, run_id = row
        return ModelAsset(
            name=name,
            version=tags.get(f"{PREFIX}version") or str(version),
            type=tags.get(f"{PREFIX}type", MLFLOW_MODEL),
            path=tags.get(f"{PREFIX}path") or self._uri(source),
            description=description or None,
            tags=_own(tags),
            properties=json.loads(tags.get(f"{PREFIX}properties", "{}")),
            stage=tags.get(f"{PREFIX}stage"),
            is_anonymous=tags.get(f"{PREFIX}anonymous") == "true",
            is_archived=tags.get(f"{PREFIX}archived") == "true",
            created_at=created / 1000,
            modified_at=updated / 1000,
            source=source,
            flavors=json.loads(tags.get(f"{PREFIX}flavors", "{}")),
            job_name=tags.get(f"{PREFIX}job") or run_id or None,
        )

    def _uri(self, source: str) -> str:
        folder = Path(source.removeprefix("file://"))
        if folder.is_absolute() and folder.is_relative_to(self._state.resolve()):
            inside = folder.relative_to(self._state.resolve()).as_posix()
            return f"azureml://datastores/lake/paths/{inside}"
        return source

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        is_there = self.database.is_file()
        opened = connect_existing(self.database) if is_there else sqlite3.connect(":memory:")
        with closing(opened) as connection:
            yield connection


def connect_existing(database: Path) -> sqlite3.Connection:
    """Open a database to read it, which never creates one that MLflow has yet to set up."""
    # Not `mode=ro`: what a process that was killed had begun is undone by whoever reads next.
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=60)


def _names(connection: sqlite3.Connection) -> list[str]:
    if not connection.execute(_HAS_MODELS).fetchone():
        return []  # a new lake, or MLflow is just setting up its tables
    return [n for (n,) in connection.execute("SELECT name FROM registered_models ORDER BY name")]


def _tags_by_version(connection: sqlite3.Connection, name: str) -> dict[int, dict[str, str]]:
    tags: dict[int, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT version, key, value FROM model_version_tags WHERE name = ?", (name,)
    )
    for version, key, value in rows:
        tags.setdefault(version, {})[key] = value
    return tags


def _own(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(PREFIX)}
