"""`azureml:` references, parsed once: assets, ids, paths in datastores, jobs' outputs, URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.own_paths import is_own

if TYPE_CHECKING:
    from pathlib import Path

    from conf.target import WorkspaceAddress

LAKE = "lake"
DEFAULT = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
FOLDERS = {LAKE: ".", DEFAULT: DEFAULT, ARTIFACT_STORE: ARTIFACT_STORE}
_PROVIDER = "Microsoft.MachineLearningServices"
# Azure answers with resourceGroups and resourcegroups, with and without the provider.
_WORKSPACE = (
    r"(?:subscriptions/[^/]+/resource[gG]roups/[^/]+/"
    rf"(?:providers/{re.escape(_PROVIDER)}/)?workspaces/[^/]+/)?"
)
_DATASTORE = re.compile(
    rf"azureml://{_WORKSPACE}datastores/(?P<datastore>[^/]+)/paths/(?P<path>.*)"
)
_JOB_OUTPUT = re.compile(
    rf"azureml://{_WORKSPACE}jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)"
    r"/?(?:paths/(?P<path>.*))?"
)
_ARM = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers"
    rf"/{re.escape(_PROVIDER)}/workspaces/[^/]+/(?P<kind>\w+)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?"
)
_ASSET = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>[^:/]+))?")


@dataclass(frozen=True)
class AssetName:
    """`azureml:NAME`, with a version or a label or neither; `kind` where an ARM id states it."""

    name: str
    version: str = ""
    label: str = ""
    kind: str = field(default="", compare=False)  # how an id spells it, no part of the name

    def __str__(self) -> str:
        if self.version:
            return f"azureml:{self.name}:{self.version}"
        return f"azureml:{self.name}@{self.label}" if self.label else f"azureml:{self.name}"

    @property
    def is_pinned(self) -> bool:
        """Whether a version or a label says which one of the asset's versions is meant."""
        return bool(self.version or self.label)


@dataclass(frozen=True)
class DatastorePath:
    """`azureml://datastores/NAME/paths/PATH`, with or without the ids of its workspace before."""

    datastore: str
    path: str

    def __str__(self) -> str:
        return f"azureml://datastores/{self.datastore}/paths/{self.path}"

    def within(self, workspace_id: str) -> str:
        """Return the URI with the ARM id of its workspace, as Azure answers with it."""
        workspace = workspace_id.strip("/").replace("resourceGroups", "resourcegroups")
        workspace = workspace.replace(f"providers/{_PROVIDER}/", "")
        return f"azureml://{workspace}/datastores/{self.datastore}/paths/{self.path}"

    def folder(self, state: Path) -> Path:
        """Return the folder or file in the workspace's `state` that the URI means.

        Raises RefusedError when there is no such datastore here, or the path leads out of it or
        to what is the workspace's own.
        """
        if self.datastore not in FOLDERS:
            raise RefusedError(
                f"datastore {self.datastore!r} is unknown; there are {sorted(FOLDERS)}"
            )
        folder = self.below(state / FOLDERS[self.datastore])
        if self.datastore == LAKE and is_own(folder.relative_to(state.resolve())):
            raise RefusedError(f"{str(self)!r} is the workspace's own, and no data")
        return folder

    def below(self, root: Path) -> Path:
        """Return the path in the datastore with the folder `root`; raises RefusedError."""
        root = root.resolve()
        folder = (root / self.path).resolve()
        if not folder.is_relative_to(root):
            raise RefusedError(f"{str(self)!r} leads out of datastore {self.datastore!r}")
        return folder


@dataclass(frozen=True)
class JobOutput:
    """`azureml://jobs/NAME/outputs/OUTPUT`, or a path in it; NAME may be a pipeline's node's."""

    job: str
    output: str
    path: str = ""

    def __str__(self) -> str:
        inside = f"/paths/{self.path}" if self.path else ""
        return f"azureml://jobs/{self.job}/outputs/{self.output}{inside}"


@dataclass(frozen=True)
class Url:
    """A URL of any other scheme, or an `azureml:` text of a form that Azure has not."""

    scheme: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class LocalPath:
    """A path on this machine, without the `file:` that may stand before it."""

    path: str

    def __str__(self) -> str:
        return self.path


def parse(text: str) -> AssetName | DatastorePath | JobOutput | Url | LocalPath:
    """Return what a reference in a YAML file, a request or a command line means."""
    # Storage first: its URIs may have the ids of a workspace, which an ARM id begins with.
    return _parsed_storage(text) or _parsed_asset(text) or _parsed_address(text)


def _parsed_storage(text: str) -> DatastorePath | JobOutput | None:
    if match := _DATASTORE.fullmatch(text):
        return DatastorePath(match["datastore"], match["path"])
    if match := _JOB_OUTPUT.fullmatch(text):
        return JobOutput(match["job"], match["output"], match["path"] or "")
    return None


def _parsed_asset(text: str) -> AssetName | None:
    if match := _ARM.fullmatch(text):
        return AssetName(match["name"], match["version"] or "", match["label"] or "", match["kind"])
    if match := _ASSET.fullmatch(text):
        return AssetName(match["name"], match["version"] or "", match["label"] or "")
    return None


def _parsed_address(text: str) -> Url | LocalPath:
    if "://" in text and not text.startswith("file://"):
        return Url(text.partition("://")[0], text)
    if text.startswith("azureml:"):
        return Url("azureml", text)
    return LocalPath(text.removeprefix("file://").removeprefix("file:"))


def asset_name(text: str) -> AssetName | None:
    """Return the asset that `text` names by an ARM id, or by a version or label; else None."""
    reference = parse(text)
    is_asset = isinstance(reference, AssetName) and (reference.kind or reference.is_pinned)
    return reference if isinstance(reference, AssetName) and is_asset else None


def with_version(text: str, version: str) -> str:
    """Return the reference `text` to an asset with `version` in place of its label."""
    if "/labels/" in text:
        return f"{text.partition('/labels/')[0]}/versions/{version}"
    asset = asset_name(text)
    return str(AssetName(asset.name, version)) if asset else text


def datastore_path(uri: str) -> DatastorePath:
    """Return the datastore's path that `uri` names; raises RefusedError for any other URI."""
    reference = parse(uri)
    if not isinstance(reference, DatastorePath):
        raise RefusedError(f"{uri!r} is not of the form 'azureml://datastores/NAME/paths/PATH'")
    return reference


def local_path(reference: object) -> str:
    """Return the local path that a YAML value is; empty for a mapping and every other reference."""
    parsed = parse(reference) if isinstance(reference, str) else None
    return parsed.path if isinstance(parsed, LocalPath) else ""


def short_uri(uri: str) -> str:
    """Return a datastore's URI without the ids of its workspace; any other URI as it is."""
    reference = parse(uri)
    return str(reference) if isinstance(reference, DatastorePath) else uri


def long_uri(uri: str, workspace_id: str) -> str:
    """Return a datastore's URI with the ARM id of its workspace; any other URI as it is."""
    reference = parse(uri)
    return reference.within(workspace_id) if isinstance(reference, DatastorePath) else uri


def local_folder(uri: str, *, state: Path) -> Path:
    """Return the folder or file in `state` that a datastore's URI means.

    Raises RefusedError when it means none here.
    """
    return datastore_path(uri).folder(state)


def workspace_id(workspace: WorkspaceAddress) -> str:
    """Return the path by which Azure Resource Manager names a workspace."""
    return (
        f"/subscriptions/{workspace.subscription_id}/resourceGroups/{workspace.resource_group}"
        f"/workspaces/{workspace.name}"
    )
