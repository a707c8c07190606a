"""A target: the place where a pipeline runs, and the closed list of what may differ there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conf.document import ConfError

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parent.parent
TARGETS = Path(__file__).with_name("targets")
LOCAL = "local"


@dataclass(frozen=True)
class WorkspaceAddress:
    """The names by which jobs find their Azure ML workspace; those of the local one are made up."""

    subscription_id: str
    resource_group: str
    name: str
    location: str = ""


@dataclass(frozen=True)
class Spark:
    """The place where Spark nodes run: `master` here, serverless by size, or an attached pool.

    `pool` is the name of the attached compute, `pool_id` the ARM id of the Synapse pool behind it.
    """

    master: str = ""
    instance_type: str = ""
    runtime_version: str = ""
    pool: str = ""
    pool_id: str = ""


@dataclass(frozen=True)
class Identity:
    """The identity whose rights nodes have; `client_id` is that of one which users assigned."""

    type: str
    client_id: str = ""
    resource_id: str = ""


@dataclass(frozen=True)
class Endpoints:
    """The names of this target's endpoints, which are unique in a whole Azure region."""

    batch: str = ""
    online: str = ""


@dataclass(frozen=True)
class EventReceiver:
    """Where runs are told as OpenLineage events; `key` names a variable that has an API key."""

    url: str
    key: str = ""


@dataclass(frozen=True)
class Target:
    """A target, as conf/targets/<name>.yml states it.

    `lake` is a URI in Azure and an absolute folder on this machine, or a URI that is served here;
    `state` is the folder of all that a local target keeps beside the lake, or with it; `inputs` are
    values for pipeline inputs of those names; `environments` are versions by name; `data` maps
    addresses elsewhere, or beginnings of them, to local files and folders; `openlineage` is told of
    runs on this machine; `lacking` says what must still be filled in before anything is sent to
    Azure.
    """

    name: str
    lake: str
    workspace: WorkspaceAddress
    spark: Spark
    identity: Identity
    environments: Mapping[str, str]
    experiment: str
    endpoints: Endpoints
    inputs: Mapping[str, str | int | float | bool]
    lacking: tuple[str, ...] = ()
    file: Path = TARGETS / "local.yml"
    state: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    openlineage: EventReceiver | None = None

    @property
    def is_local(self) -> bool:
        return bool(self.spark.master)

    @property
    def option(self) -> str:
        """The value of --target: a name, or the path of a file elsewhere."""
        return self.name if self.file.parent == TARGETS else str(self.file)

    @property
    def has_folder(self) -> bool:
        """Whether the lake is a folder."""
        return "://" not in self.lake

    def require_complete(self) -> None:
        """Raise ConfError, naming everything, when the target lacks something."""
        if self.lacking:
            listed = "\n".join(f"  {item}" for item in self.lacking)
            raise ConfError(
                f"target {self.name!r} is not complete:\n{listed}\n"
                "variables are read from the environment, or from .env (see .env.example)"
            )
