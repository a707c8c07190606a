"""Registers the named outputs of jobs as data assets and models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError, NotFoundError
from aml_pipelines.pipeline.assets import ModelAsset
from aml_pipelines.pipeline.references import short_uri
from aml_pipelines.pipeline.spec import MODEL_TYPES
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.assets.models import Models
from aml_pipelines.workspace.store.addresses import datastore_path_of, folder_of
from aml_pipelines.workspace.store.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.execution.registration import NamedOutput

_TRIES = 5


class OutputAssets:
    """The registry of the workspace with the folder `state`, as the nodes of a run write it."""

    def __init__(self, state: Path, mapped: Mapping[str, str]) -> None:
        self._state = state
        self._mapped = mapped
        self._data = Versions(state, DATA)
        self._models = Models(state)

    def register(self, output: NamedOutput) -> str:
        """Register an output; return its version, which is the next one if none is named.

        Raises ConflictError where the version is another one's, NotFoundError for an output that
        is in no datastore, RefusedError for a model that is none.
        """
        is_model = output.type in MODEL_TYPES
        if output.asset.version:
            (self._put_model if is_model else self._put_data)(output, output.asset.version)
            return output.asset.version
        if not is_model and (same := self._same_data(output)):
            return same
        return self._put_next(output, self._put_model if is_model else self._put_data)

    def _put_next(self, output: NamedOutput, put: Callable[[NamedOutput, str], None]) -> str:
        for _ in range(_TRIES):
            version = self._next(output)
            try:
                put(output, version)
            except ConflictError as error:  # another job may have taken the number meanwhile
                if self._next(output) == version:
                    raise
                conflict = error
            else:
                return version
        raise conflict

    def _next(self, output: NamedOutput) -> str:
        tables = self._models.tables if output.type in MODEL_TYPES else self._data
        try:
            return tables.container(output.asset.name).next_version
        except NotFoundError:
            return "1"

    def _same_data(self, output: NamedOutput) -> str:
        """Return the version that has this very output: a node that is reused made no new one."""
        try:
            versions = self._data.versions(output.asset.name)
        except NotFoundError:
            return ""
        uri = self._data.kind.stored_form(self._properties(output))["dataUri"]
        same = [item.version for item in versions if item.properties["dataUri"] == uri]
        return same[0] if same else ""

    def _properties(self, output: NamedOutput) -> dict[str, object]:
        return {"dataType": output.type, "dataUri": str(self._uri(output))}

    def _put_data(self, output: NamedOutput, version: str) -> None:
        self._data.put_version(output.asset.name, version, self._properties(output))

    def _put_model(self, output: NamedOutput, version: str) -> None:
        uri = self._uri(output)
        model = ModelAsset(
            name=output.asset.name,
            version=version,
            type=output.type,
            path=uri,
            source=str(folder_of(uri, self._state, self._mapped)),
            job_name=output.job,
        )
        self._models.put_model(model)

    def _uri(self, output: NamedOutput) -> str:
        if output.location.startswith("azureml://"):
            return short_uri(output.location)
        return str(datastore_path_of(Path(output.location), self._state, self._mapped))
