"""The three lakes of a run (folder, served, Azure's) behind one interface."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from aml_pipelines.files import whole_file
from aml_pipelines.pipeline.references import LAKE, DatastorePath, workspace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.target import Target


class Lake(Protocol):
    """The lake as a plan sees it."""

    @property
    def is_here(self) -> bool:
        """Whether this machine runs the plan: assets are looked up, and outputs have folders."""
        ...

    @property
    def address(self) -> str:
        """The URL below which a served lake's own files are; empty for every other lake."""
        ...

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes of URLs that nodes read by themselves."""
        ...

    def resolve(self, path: DatastorePath) -> str:
        """Return the local path or the URI by which a run reaches `path`; raises RefusedError."""
        ...


class OpenLake(Protocol):
    """The lake as the nodes of a run on this machine see it."""

    @property
    def spark_environment(self) -> Mapping[str, str]:
        """The variables with which Spark reaches the lake."""
        ...

    def job_environment(self, workspace: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a job, which are those of its workspace and more."""
        ...

    def bring_input(self, uri: str, mode: str, to: Path, *, for_spark: bool) -> str:
        """Return what a node gets for the data at `uri`, copied to `to` where it is mounted."""
        ...

    def place_output(self, uri: str, mode: str, *, for_spark: bool) -> str:
        """Return the path or URI that a node writes to for an output at `uri`."""
        ...

    def take_output(self, place: str, uri: str) -> None:
        """Bring what a node has written at `place` to `uri`."""
        ...

    def has_file(self, path: str) -> bool:
        """Return whether there is a file at `path` in the lake."""
        ...

    def write_file(self, path: str, stream: IO[bytes]) -> None:
        """Write a file at `path` in the lake, whole or not at all."""
        ...


def target_lake(target: Target) -> Lake:
    """Return the lake of a target for its plans."""
    if target.has_folder:
        return FolderLake(Path(target.lake))
    if target.is_local:
        return ServedLake(Path(target.state), workspace_id(target.workspace), target.lake)
    return AzureLake()


@dataclass(frozen=True)
class AzureLake:
    """A lake in Azure: every reference stays as it is, and Azure resolves it."""

    is_here: bool = False
    schemes: tuple[str, ...] = ("abfss", "wasbs", "https")
    address: str = ""

    def resolve(self, path: DatastorePath) -> str:
        return str(path)


@dataclass(frozen=True)
class ServedLake:
    """A lake behind a storage account on this machine; the other datastores are in `state`."""

    state: Path
    workspace_id: str
    address: str = ""
    is_here: bool = True
    schemes: tuple[str, ...] = ()

    def resolve(self, path: DatastorePath) -> str:
        folder = path.folder(self.state)
        return path.within(self.workspace_id) if path.datastore == LAKE else str(folder)


@dataclass(frozen=True)
class FolderLake:
    """A lake that is a folder, in which a run reads and writes by path."""

    folder: Path
    is_here: bool = True
    schemes: tuple[str, ...] = ()
    address: str = ""

    def resolve(self, path: DatastorePath) -> str:
        return str(path.folder(self.folder))

    @property
    def spark_environment(self) -> Mapping[str, str]:
        return {}

    def job_environment(self, workspace: Mapping[str, str]) -> dict[str, str]:
        return dict(workspace)

    def bring_input(self, uri: str, mode: str, to: Path, *, for_spark: bool) -> str:  # noqa: ARG002 # paths need no mode
        return uri

    def place_output(self, uri: str, mode: str, *, for_spark: bool) -> str:  # noqa: ARG002 # same
        return uri

    def take_output(self, place: str, uri: str) -> None:
        """Leave the output where it was written, which is its place in the lake."""

    def has_file(self, path: str) -> bool:
        return (self.folder / path).exists()

    def write_file(self, path: str, stream: IO[bytes]) -> None:
        with whole_file(self.folder / path) as file:
            while block := stream.read(1 << 20):
                file.write(block)
