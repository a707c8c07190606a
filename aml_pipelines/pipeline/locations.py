"""Where a run keeps things, and what a data reference of a pipeline file means there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.pipeline.references import local_folder, long_uri, path_in_lake
from aml_pipelines.pipeline.values import Data, Missing
from conf.errors import UserError

if TYPE_CHECKING:
    from aml_pipelines.pipeline.assets import DataAsset, ModelAsset
    from aml_pipelines.pipeline.spec import Setting

_ASSET = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>[^:/]+))")
_MODELS = ("mlflow_model", "custom_model", "triton_model")
_SERVER_SIDE = re.compile(r"\$\{\{\s*(name|output_name|default_datastore)\s*\}\}")


class Assets(Protocol):
    """What the planner asks the registry."""

    def data_asset(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> DataAsset: ...

    def model(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> ModelAsset: ...


class UnknownReferenceError(UserError):
    """A data reference that cannot mean anything where the pipeline is to run."""


@dataclass(frozen=True)
class Locations:
    """The places of one run: its lake, its folder among the runs, and the registry it reads."""

    lake: str
    runs: Path
    run_id: str
    is_local: bool
    assets: Assets
    is_single: bool = False  # a job that is no pipeline: its one node is the job itself
    state: str = ""  # of a lake that is no folder: where all but the lake is
    workspace_id: str = ""  # ARM's, which URIs of such a lake name

    def node_folder(self, node: str) -> Path:
        return self.runs / self.run_id / node

    def run_name(self, node: str) -> str:
        """Name a node's run, as `${{name}}` does."""
        return self.run_id if self.is_single else run_of_node(self.run_id, node)

    def output(self, node: str, output: str, template: str) -> str:
        """Where `node` writes `output`; `template` is the path in the pipeline file, if any."""
        default = "azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}"
        if self.is_local and not template:
            return str(self.node_folder(node) / "outputs" / output)
        names = {
            "name": self.run_name(node),
            "output_name": output,
            "default_datastore": "workspaceblobstore",
        }
        path = _SERVER_SIDE.sub(lambda match: names[match[1]], template or default)
        if "${{" in path:
            raise UnknownReferenceError(
                f"output path {template!r} has an expression that Azure does not resolve there; "
                "it resolves only ${{name}}, ${{output_name}} and ${{default_datastore}}"
            )
        if not path.startswith("azureml://"):
            raise UnknownReferenceError(
                f"output path {template!r} is not of the form azureml://datastores/NAME/paths/PATH"
            )
        return self._datastore_path(path) if self.is_local else path

    def data(self, setting: Setting) -> Data | Missing:
        """Find the data at a path, or raise UnknownReferenceError when it cannot be any."""
        reference = str(setting.value)
        kind = setting.type or "uri_folder"
        if reference.startswith("azureml://"):
            return self._datastore(reference, kind)
        if reference.startswith("azureml:"):
            return self._asset(reference, kind)
        if "://" in reference and not reference.startswith("file://"):
            scheme = reference.partition(":")[0]
            if not self.is_local and scheme in ("abfss", "wasbs", "https"):
                return Data(kind, reference, reference)
            raise UnknownReferenceError(
                f"{reference!r} is read over {scheme}, which the local executor does not do; "
                "give a local path or azureml://datastores/lake/paths/…"
            )
        path = setting.place.file.parent / reference.removeprefix("file://")
        wrong = _unlike(kind, path.resolve())
        if wrong:
            raise UnknownReferenceError(f"{reference!r} {wrong}: {path.resolve()}")
        return Data(kind, str(path.resolve()), reference)

    def _datastore_path(self, uri: str) -> str:
        try:
            folder = local_folder(uri, lake=Path(self.state or self.lake))
        except RefusedError as error:
            raise UnknownReferenceError(str(error)) from error
        is_remote = self.state and path_in_lake(uri)
        return long_uri(uri, self.workspace_id) if is_remote else str(folder)

    def _datastore(self, uri: str, kind: str) -> Data | Missing:
        if not self.is_local:
            return Data(kind, uri, uri)
        path = self._datastore_path(uri)
        is_remote = path.startswith("azureml:")  # and not there to be asked before the run
        wrong = "" if is_remote else _unlike(kind, Path(path))
        return Missing(kind, uri, f"{wrong}: {path}") if wrong else Data(kind, path, uri)

    def _asset(self, reference: str, kind: str) -> Data | Missing:
        match = _ASSET.fullmatch(reference)
        if not match:
            raise UnknownReferenceError(
                f"{reference!r} is not of the form azureml:NAME:VERSION or azureml:NAME@latest"
            )
        if not self.is_local:
            return Data(kind, reference, reference)
        name, version, label = match["name"], match["version"], match["label"]
        try:
            if kind in _MODELS:
                model = self.assets.model(name, version, label)
                return Data(kind, model.source or self._path(model.path), reference)
            asset = self.assets.data_asset(name, version, label)
        except NotFoundError as error:
            return Missing(
                kind,
                reference,
                f"not registered here yet ({error}); run the pipeline that registers {name!r}",
            )
        if asset.type != kind:
            raise UnknownReferenceError(
                f"{reference!r} is registered as {asset.type!r}, not as {kind!r}"
            )
        return Data(kind, self._path(asset.path), reference)

    def _path(self, uri: str) -> str:
        return self._datastore_path(uri) if uri.startswith("azureml:") else uri


def _unlike(kind: str, path: Path) -> str:
    if not path.exists():
        return "does not exist"
    if kind == "uri_file" and not path.is_file():
        return "is a folder, not a uri_file"
    if kind == "uri_folder" and not path.is_dir():
        return "is a file, not a uri_folder"
    if kind == "mltable" and not (path / "MLTable").is_file():
        return "holds no file named MLTable"
    return ""
