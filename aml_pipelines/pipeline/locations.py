"""The paths of a run, and the meaning of data references in a pipeline file."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.addresses import Addresses, is_elsewhere
from aml_pipelines.pipeline.data_checks import check_table, unlike
from aml_pipelines.pipeline.job_outputs import ARTIFACTS, artifact_folder, made_outputs
from aml_pipelines.pipeline.mltable_file import MLTableFileError
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.pipeline.references import (
    ARTIFACT_STORE,
    DEFAULT,
    FOLDERS,
    AssetName,
    DatastorePath,
    JobOutput,
    LocalPath,
    Url,
    parse,
)
from aml_pipelines.pipeline.values import Data, Missing
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aml_pipelines.pipeline.assets import DataAsset, EnvironmentAsset, ModelAsset
    from aml_pipelines.pipeline.lake import Lake
    from aml_pipelines.pipeline.spec import NewAsset, Pipeline, Setting

MODELS = ("mlflow_model", "custom_model", "triton_model")
# Where Azure writes an output without a path.
_DEFAULT_OUTPUT = "azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}"
_SERVER_SIDE = re.compile(r"\$\{\{\s*(name|output_name|default_datastore)\s*\}\}")


class Assets(Protocol):
    """The registry, as far as the planner reads it."""

    def data_asset(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> DataAsset: ...

    def model(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> ModelAsset: ...

    def environment(
        self, name: str, version: str | None = None, label: str | None = None
    ) -> EnvironmentAsset: ...


class UnknownReferenceError(UserError):
    """A data reference that has no meaning where the pipeline is to run."""


def _no_component(_: str) -> Path:
    raise NotFoundError("only components in files are known here")


@dataclass(frozen=True)
class Locations:
    """The lake of a run, its folder among the runs, and the registry that it reads."""

    lake: Lake
    runs: Path
    run_id: str
    assets: Assets
    is_single: bool = False  # a job that is no pipeline: its one node is the job itself
    find_component: Callable[[str], Path] = _no_component
    default_datastore: str = DEFAULT
    addresses: Addresses = field(default_factory=Addresses)

    def of(self, pipeline: Pipeline) -> Locations:
        """Return the locations of `pipeline`, which may be single, or have its own datastore."""
        reference = parse(pipeline.default_datastore)
        name = reference.name if isinstance(reference, AssetName) else str(reference)
        return dataclasses.replace(
            self,
            is_single=self.is_single or pipeline.is_single,
            default_datastore=name or self.default_datastore,
        )

    def node_folder(self, node: str) -> Path:
        return self.runs / self.run_id / node

    def run_name(self, node: str) -> str:
        """Return the name of a node's run, which `${{name}}` stands for."""
        return self.run_id if self.is_single else run_of_node(self.run_id, node)

    def output(self, node: str, output: str, template: str) -> str:
        """Return where `node` writes `output`; `template` is the path in the pipeline file, if any.

        Raises UnknownReferenceError for a path that Azure does not resolve.
        """
        if self.lake.is_here and not template:
            return str(self.node_folder(node) / "outputs" / output)
        names = {
            "name": self.run_name(node),
            "output_name": output,
            "default_datastore": self.default_datastore,
        }
        path = _SERVER_SIDE.sub(lambda match: names[match[1]], template or _DEFAULT_OUTPUT)
        if "${{" in path:
            raise UnknownReferenceError(
                f"output path {template!r} has an expression that Azure does not resolve there; "
                "it resolves only ${{name}}, ${{output_name}} and ${{default_datastore}}"
            )
        if not path.startswith("azureml://"):
            raise UnknownReferenceError(
                f"output path {template!r} is not of the form azureml://datastores/NAME/paths/PATH"
            )
        return self._resolved(path)

    def data(self, setting: Setting) -> Data | Missing:
        """Return the data at a path; raises UnknownReferenceError when it cannot be any."""
        data = self._data_at(str(setting.value), setting.type or "uri_folder", setting)
        is_table = isinstance(data, Data) and data.type == "mltable"
        if is_table and self.lake.is_here and "://" not in data.location:
            try:
                check_table(Path(data.location), self.here)
            except MLTableFileError as error:
                raise UnknownReferenceError(str(error)) from error
        return data

    def here(self, uri: str) -> str:
        """Return the local path of the data at `uri`; of a lake that is served, its URI.

        Raises UnknownReferenceError when it is not here.
        """
        if is_elsewhere(uri):
            return self._elsewhere(uri, "").location
        return self._resolved(uri)

    def _data_at(self, text: str, kind: str, setting: Setting) -> Data | Missing:
        match parse(text):
            case DatastorePath():
                return self._datastore(text, kind)
            case AssetName() as asset:
                return self._asset(text, asset, kind)
            case JobOutput() as output:
                return self._job_output(text, output, kind)
            case Url(scheme):
                return self._url(text, scheme, kind)
            case LocalPath(path):
                file = (setting.place.file.parent / path).resolve()
        wrong = unlike(kind, file)
        if wrong:
            raise UnknownReferenceError(f"{text!r} {wrong}: {file}")
        return Data(kind, str(file), text)

    def _resolved(self, uri: str) -> str:
        if not self.lake.is_here:
            return uri
        path = parse(uri)
        if not isinstance(path, DatastorePath):
            raise UnknownReferenceError(
                f"{uri!r} is not of the form 'azureml://datastores/NAME/paths/PATH'"
            )
        try:
            own = self.addresses.datastore(path)
            if not own and path.datastore not in FOLDERS:
                raise UnknownReferenceError(self._no_datastore(path.datastore))
            return str(own) if own else self.lake.resolve(path)
        except RefusedError as error:
            raise UnknownReferenceError(str(error)) from error

    def _no_datastore(self, name: str) -> str:
        return (
            f"datastore {name!r} is unknown; there are "
            f"{sorted({*FOLDERS, *self.addresses.datastores})}; register it with MLClient, or give "
            f"it a folder: --map azureml://datastores/{name}=FOLDER"
        )

    def _datastore(self, uri: str, kind: str) -> Data | Missing:
        location = self._resolved(uri)
        if location.startswith("azureml:"):  # in Azure, or served: not there to be asked before
            return Data(kind, location, uri)
        wrong = unlike(kind, Path(location))
        if wrong:
            return Missing(kind, uri, f"{wrong}: {location}", location)
        return Data(kind, location, uri)

    def _job_output(self, uri: str, output: JobOutput, kind: str) -> Data:
        if not self.lake.is_here:
            return Data(kind, uri, uri)
        made = made_outputs(self.runs, output.job)
        if made is None:
            raise UnknownReferenceError(f"{uri!r}: there is no job {output.job!r} in {self.runs}")
        if output.output not in (*made, *ARTIFACTS):
            raise UnknownReferenceError(
                f"{uri!r}: job {output.job!r} has not made an output {output.output!r}; it has "
                f"made {sorted([*made, ARTIFACTS[0]])}"
            )
        artifacts = DatastorePath(ARTIFACT_STORE, artifact_folder(output.job))
        place = made.get(output.output) or self.lake.resolve(artifacts)
        location = f"{place}/{output.path}" if output.path else place
        wrong = "" if "://" in location else unlike(kind, Path(location))
        if wrong:
            raise UnknownReferenceError(f"{uri!r} {wrong}: {location}")
        return Data(kind, location, uri)

    def _url(self, url: str, scheme: str, kind: str) -> Data:
        if scheme in self.lake.schemes:
            return Data(kind, url, url)
        if self.lake.is_here and is_elsewhere(url):
            return self._elsewhere(url, kind)
        if scheme == "azureml":
            if "://" in url:
                return Data(kind, self._resolved(url), url)
            raise UnknownReferenceError(_no_asset(url))
        raise UnknownReferenceError(
            f"{url!r} is read over {scheme}, which nothing here does; "
            "give a local path or azureml://datastores/lake/paths/…"
        )

    def _elsewhere(self, address: str, kind: str) -> Data:
        place = self.addresses.find(address)
        if not place:
            raise UnknownReferenceError(self.addresses.lacking(address, kind))
        wrong = unlike(kind, place)
        if wrong:
            raise UnknownReferenceError(f"{address!r} {wrong}: {place}")
        return Data(kind, str(place), address)

    def _asset(self, text: str, asset: AssetName, kind: str) -> Data | Missing:
        if not asset.is_pinned:
            raise UnknownReferenceError(_no_asset(text))
        if not self.lake.is_here:
            return Data(kind, text, text)
        version, label = asset.version or None, asset.label or None
        try:
            if kind in MODELS:
                model = self.assets.model(asset.name, version, label)
                return Data(kind, model.source or self._path(model.path, kind), text)
            registered = self.assets.data_asset(asset.name, version, label)
        except NotFoundError as error:
            # No problem yet: an earlier pipeline of the same run may register it; `Plan.gaps`
            # tells at run.
            return Missing(
                kind,
                text,
                f"not registered here yet ({error}); run the pipeline that registers "
                f"{asset.name!r}",
            )
        if registered.type != kind:
            raise UnknownReferenceError(
                f"{text!r} is registered as {registered.type!r}, not as {kind!r}"
            )
        return Data(kind, self._path(registered.path, kind), text)

    def taken(self, asset: NewAsset, kind: str, location: str) -> str:
        """Return why an output at `location` cannot become `asset`; empty when it can."""
        if not self.lake.is_here:
            return ""
        find = self.assets.model if kind in MODELS else self.assets.data_asset
        try:
            latest = find(asset.name)
            stored = find(asset.name, asset.version) if asset.version else None
        except NotFoundError:
            stored = None
        else:
            if kind not in MODELS and latest.type != kind:
                return f"{asset.name!r} is registered as {latest.type!r}, not as {kind!r}"
        if stored is None or self._path(stored.path, kind) == location:
            return ""
        return (
            f"{asset.name!r} version {asset.version!r} is registered already, the newest is "
            f"{latest.version!r}; name another version, or none for the next"
        )

    def _path(self, uri: str, kind: str) -> str:
        if is_elsewhere(uri):
            return self._elsewhere(uri, kind).location
        return self._resolved(uri) if uri.startswith("azureml:") else uri


def _no_asset(text: str) -> str:
    return f"{text!r} is not of the form azureml:NAME:VERSION or azureml:NAME@latest"
