"""A target: where a pipeline runs, and the closed list of what may differ there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.document import ConfError, Section, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parent.parent
TARGETS = Path(__file__).with_name("targets")
LOCAL = "local"


@dataclass(frozen=True)
class Workspace:
    """The Azure ML workspace that jobs find; the local one has placeholder names."""

    subscription_id: str
    resource_group: str
    name: str


@dataclass(frozen=True)
class Spark:
    """How Spark nodes run: `master` on this machine, the other two on serverless Spark."""

    master: str
    instance_type: str
    runtime_version: str


@dataclass(frozen=True)
class Target:
    """A target, as conf/targets/<name>.yml states it.

    `lake` is a URI in Azure and an absolute folder when `name` is `local`; `inputs` are values for
    pipeline inputs of those names.
    """

    name: str
    lake: str
    workspace: Workspace
    spark: Spark
    identity: str
    experiment: str
    inputs: Mapping[str, str | int | float | bool]

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL


def read_workspace(section: Section) -> Workspace:
    section.allow("subscription_id", "resource_group", "name")
    return Workspace(
        subscription_id=section.value("subscription_id", str),
        resource_group=section.value("resource_group", str),
        name=section.value("name", str),
    )


def read_spark(section: Section, *, is_local: bool) -> Spark:
    if is_local:
        master = section.allow("master").value("master", str, "local[*]")
        return Spark(master=master, instance_type="", runtime_version="")
    section.allow("instance_type", "runtime_version")
    return Spark(
        master="",
        instance_type=section.value("instance_type", str),
        runtime_version=section.value("runtime_version", str),
    )


def read_inputs(section: Section) -> dict[str, str | int | float | bool]:
    values: dict[str, str | int | float | bool] = {}
    for name, value in section.values.items():
        if not isinstance(value, str | int | float | bool):
            raise ConfError(f"{section.where}: {name!r} is {value!r}; it takes one plain value")
        values[name] = value
    return values


def read_target(path: Path) -> Target:
    """Read a target file; raises ConfError naming the file and what would be right."""
    document = read_document(path)
    document.allow("lake", "workspace", "spark", "identity", "experiment", "inputs")
    is_local = path.stem == LOCAL
    lake = document.value("lake", str)
    return Target(
        name=path.stem,
        lake=str((REPOSITORY / lake).resolve()) if is_local else lake.rstrip("/"),
        workspace=read_workspace(document.section("workspace")),
        spark=read_spark(document.section("spark"), is_local=is_local),
        identity=document.choice("identity", ("user_identity", "managed"), "user_identity"),
        experiment=document.value("experiment", str, ""),
        inputs=read_inputs(document.section("inputs")),
    )


def load_target(name: str) -> Target:
    """Load conf/targets/<name>.yml, or the file that `name` is the path of."""
    return read_target(Path(name) if name.endswith(".yml") else TARGETS / f"{name}.yml")
