"""The places of a run: its lake, its folder, its datastores, and where its outputs go."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.addresses import Addresses
from aml_pipelines.pipeline.data_checks import UnknownReferenceError
from aml_pipelines.pipeline.job_outputs import ARTIFACTS, artifact_folder
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.pipeline.references import (
    ARTIFACT_STORE,
    DEFAULT,
    FOLDERS,
    AssetName,
    DatastorePath,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aml_pipelines.pipeline.assets import DataAsset, EnvironmentAsset, ModelAsset
    from aml_pipelines.pipeline.lake import Lake
    from aml_pipelines.pipeline.spec import Pipeline

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
        if output == ARTIFACTS[0] and not template:
            artifacts = DatastorePath(ARTIFACT_STORE, artifact_folder(self.run_name(node)))
            return self.resolved(str(artifacts))
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
        return self.resolved(path)

    def resolved(self, uri: str) -> str:
        """Return the path, or the URI of a lake that is served, of a path in a datastore.

        Raises UnknownReferenceError when there is no such datastore here.
        """
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
