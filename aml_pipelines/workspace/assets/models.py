"""Writes models to MLflow's registry: it is the store, so that MLflow and MLClient see the same.

Models are read from MLflow's tables; MLflow itself is imported here only, and only by the server.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError, NotFoundError, RefusedError
from aml_pipelines.pipeline.references import short_uri
from aml_pipelines.workspace.assets.mlflow_numbers import is_taken, number_of, renumber
from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.assets.mlflow_tables import KIND, MLFLOW_MODEL, PREFIX, MlflowTables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlflow import MlflowClient

    from aml_pipelines.pipeline.assets import Container, ModelAsset

_IMMUTABLE = ("path", "type", "properties", "flavors", "job_name", "is_anonymous")


class Models:
    """The models of the workspace with the folder `state`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.tables = MlflowTables(state)
        # A registration is several calls of MLflow, and the rules are checked before the first.
        self._writing = threading.Lock()

    @cached_property
    def _client(self) -> MlflowClient:
        from mlflow import MlflowClient  # noqa: PLC0415 # 2 s, that only a writer should pay

        prepare_tracking(self._state)  # MLflow tries for minutes to open one that is not there
        uri = f"sqlite:///{self.tables.database}"
        return MlflowClient(tracking_uri=uri, registry_uri=uri)

    def put_model(
        self, model: ModelAsset, *, unless: Callable[[ModelAsset | None], None] | None = None
    ) -> tuple[ModelAsset, bool]:
        """Register `model`, or update what may change of it; returns (stored, is_new).

        `unless` gets the stored model and may raise to refuse the write. Raises ConflictError when
        the version exists otherwise, RefusedError when there is no model.
        """
        model = replace(model, path=short_uri(model.path))
        with self._writing:
            stored = self._stored(model)
            if unless:
                unless(stored)
            if stored:
                _refuse_changes(model, stored)
                self._update(model, stored)
            else:
                self._register(model)
            return self.tables.model(model.name, model.version), stored is None

    def put_container(self, changed: Container) -> tuple[Container, bool]:
        """Create or update what all versions of a model share; returns (stored, is_new)."""
        with self._writing:
            is_new = self._create_container(changed.name)
            stored = self.tables.container(changed.name)
            self._client.update_registered_model(changed.name, changed.description or "")
            tags = {
                **changed.tags,
                f"{PREFIX}archived": _flag(on=changed.is_archived),
                f"{PREFIX}properties": json.dumps(dict(changed.properties)),
            }
            for key in stored.tags.keys() - tags.keys():
                self._client.delete_registered_model_tag(changed.name, key)
            for key, value in tags.items():
                self._client.set_registered_model_tag(changed.name, key, value)
            return self.tables.container(changed.name), is_new

    def _stored(self, model: ModelAsset) -> ModelAsset | None:
        try:
            return self.tables.model(model.name, model.version)
        except NotFoundError:
            return None

    def _register(self, model: ModelAsset) -> None:
        _refuse_reserved(model.tags)
        _refuse_no_model(model)
        os.sync()  # after a power cut, too, there is what a registered version names
        self._create_container(model.name)
        wanted = number_of(model.version)
        # Before MLflow counts: the number that it counts is gone for good, and would be the next.
        if wanted is not None and is_taken(self.tables.database, model.name, wanted):
            raise _taken(model)
        created = self._client.create_model_version(
            model.name,
            model.source,
            tags={**model.tags, **_own_tags(model)},
            description=model.description,
            # Else MLflow polls for minutes for a state that a local store has at once.
            await_creation_for=0,
        )
        # MLflow counts versions itself, and another process may have taken the number.
        counted = int(created.version)
        if (
            wanted is not None
            and wanted != counted
            and not renumber(self.tables.database, model.name, counted=counted, wanted=wanted)
        ):
            self._client.delete_model_version(model.name, str(counted))
            raise _taken(model)

    def _create_container(self, name: str) -> bool:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 # as above

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return False
        return True

    def _update(self, model: ModelAsset, stored: ModelAsset) -> None:
        _refuse_reserved(model.tags)
        name, version = model.name, self.tables.number(model.name, model.version)
        if (model.description or None) != stored.description:
            self._client.update_model_version(name, version, model.description or "")
        before, after = {**stored.tags, **_own_tags(stored)}, {**model.tags, **_own_tags(model)}
        for key in before.keys() - after.keys():
            self._client.delete_model_version_tag(name, version, key)
        for key, value in after.items():
            if before.get(key) != value:
                self._client.set_model_version_tag(name, version, key, value)


def _taken(model: ModelAsset) -> ConflictError:
    return ConflictError(
        f"{KIND} {model.name!r} version {model.version!r} is taken, by another registration or by "
        "a version that was deleted; ask for the next version"
    )


def _own_tags(model: ModelAsset) -> dict[str, str]:
    tags = {
        "path": model.path,
        "type": model.type,
        "properties": json.dumps(dict(model.properties)),
        "flavors": json.dumps({name: dict(data) for name, data in model.flavors.items()}),
        "archived": _flag(on=model.is_archived),
        "anonymous": _flag(on=model.is_anonymous),
        "stage": model.stage,
        "job": model.job_name,
        # MLflow's versions are numbers: it knows a version that is a word by one of its own.
        "version": None if number_of(model.version) is not None else model.version,
    }
    return {f"{PREFIX}{key}": value for key, value in tags.items() if value is not None}


def _flag(*, on: bool) -> str:
    return "true" if on else "false"


def _refuse_reserved(tags: Mapping[str, str]) -> None:
    reserved = sorted(key for key in tags if key.startswith(PREFIX))
    if reserved:
        raise RefusedError(f"tags {reserved} are reserved: {PREFIX!r} is the workspace's own")


def _refuse_no_model(model: ModelAsset) -> None:
    source = Path(model.source)
    if not source.exists():
        raise RefusedError(f"{KIND} {model.name!r}: there is nothing at {model.path!r}, {source}")
    if model.type == MLFLOW_MODEL and not (source / "MLmodel").is_file():
        raise RefusedError(
            f"{KIND} {model.name!r}: {model.path!r} is no MLflow model, {source} has no 'MLmodel'"
        )


def _refuse_changes(model: ModelAsset, stored: ModelAsset) -> None:
    for attribute in _IMMUTABLE:
        new, old = getattr(model, attribute), getattr(stored, attribute)
        if new != old:
            raise ConflictError(
                f"A model version with this name and version already exists: {KIND} "
                f"{model.name!r} version {model.version!r} has {attribute} {old!r}, not "
                f"{new!r}; only description, tags, stage and isArchived may change, "
                "so use another version"
            )
