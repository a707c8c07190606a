"""Reads a target's file: conf/targets/<name>.yml, or one elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from conf.document import ConfError, Section, read_document
from conf.target import (
    REPOSITORY,
    TARGETS,
    Endpoints,
    EventReceiver,
    Identity,
    Spark,
    Target,
    WorkspaceAddress,
)
from conf.variables import Filled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
# Storage accounts that this repository ships as examples; nobody can have them.
_EXAMPLE_LAKE = re.compile(r"://[^/]*\bexamplelake")
# Its endpoints, whose names only one target in a whole Azure region can have.
_EXAMPLE_ENDPOINT = re.compile(r"mlpipelines(-dev|-prod)?-(batch|online)")


def read_workspace(section: Section) -> WorkspaceAddress:
    section.allow("subscription_id", "resource_group", "name", "location")
    return WorkspaceAddress(
        subscription_id=section.value("subscription_id", str),
        resource_group=section.value("resource_group", str),
        name=section.value("name", str),
        location=section.value("location", str, ""),
    )


def read_spark(section: Section, *, has_folder: bool) -> Spark:
    section.allow("master", "instance_type", "runtime_version", "pool", "pool_id")
    if has_folder or "master" in section.values:
        section.allow("master")
        return Spark(master=section.value("master", str, "local[*]"))
    if "pool" in section.values:
        section.allow("pool", "pool_id")
        return Spark(pool=section.value("pool", str), pool_id=section.value("pool_id", str, ""))
    section.allow("instance_type", "runtime_version")
    return Spark(
        instance_type=section.value("instance_type", str),
        runtime_version=section.value("runtime_version", str),
    )


def read_state(document: Section, *, lake: str, is_local: bool) -> str:
    """Read the state folder of a local target; a lake that is a folder is its own."""
    if is_local and "://" in lake:
        return document.value("state", str)
    if "state" in document.values:
        raise ConfError(
            f"{document.where_of('state')}: key 'state' goes with a lake that is a URI and served "
            "here, by 'spark.master'"
        )
    return lake if is_local else ""


def read_identity(section: Section) -> Identity:
    section.allow("type", "client_id", "resource_id")
    kind = section.choice("type", ("user_identity", "managed"), "user_identity")
    identity = Identity(
        type=kind,
        client_id=section.value("client_id", str, ""),
        resource_id=section.value("resource_id", str, ""),
    )
    if kind != "managed" and (identity.client_id or identity.resource_id):
        raise ConfError(f"{section.where}: only an identity of type 'managed' has ids")
    return identity


def read_endpoints(section: Section) -> Endpoints:
    section.allow("batch", "online")
    return Endpoints(section.value("batch", str, ""), section.value("online", str, ""))


def read_openlineage(section: Section) -> EventReceiver | None:
    """Read where runs are told; raises ConfError for an address with a password in it."""
    if not section.values:
        return None
    section.allow("url", "key")
    url, key = section.value("url", str), section.value("key", str, "")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ConfError(
            f"{section.where_of('url')}: 'url' is the whole address of an OpenLineage receiver, "
            "such as https://marquez.example.com/api/v1/lineage, without a user or a password"
        )
    if key and not _VARIABLE.fullmatch(key):
        raise ConfError(
            f"{section.where_of('key')}: 'key' is the name of a variable of the environment that "
            "has the key, such as OPENLINEAGE_API_KEY, never the key itself"
        )
    return EventReceiver(url, key)


def read_versions(section: Section) -> dict[str, str]:
    return {name: section.value(name, str) for name in section.values}


def read_inputs(section: Section) -> dict[str, str | int | float | bool]:
    values: dict[str, str | int | float | bool] = {}
    for name, value in section.values.items():
        if not isinstance(value, str | int | float | bool):
            raise ConfError(
                f"{section.where_of(name)}: {name!r} is {value!r}; it takes one plain value"
            )
        values[name] = value
    return values


def read_data(section: Section) -> dict[str, str]:
    """Read the local files and folders that stand for addresses elsewhere."""
    return {
        address: str((REPOSITORY / section.value(address, str)).resolve())
        for address in section.values
    }


def read_target(path: Path, environment: Mapping[str, str] = NO_VARIABLES) -> Target:
    """Read a target file; `${NAME}` and `${NAME:-default}` are variables of `environment`.

    Raises ConfError with everything that is wrong in the file. A variable that is not set is no
    such error: it stays as it is, and stands in the target's `lacking`.
    """
    filled = Filled(environment)
    unfilled = read_document(path)
    document = replace(unfilled, values=filled.mapping(unfilled.values))
    wrong: list[str] = []

    def read(read_one: Callable[[], T]) -> T | None:
        try:
            return read_one()
        except ConfError as error:
            wrong.append(str(error))
            return None

    names = ("lake", "state", "workspace", "spark", "identity", "environments", "experiment")
    read(lambda: document.allow(*names, "endpoints", "inputs", "data", "openlineage"))
    lake = read(lambda: document.value("lake", str)) or ""
    has_folder = bool(lake) and "://" not in lake
    workspace = read(lambda: read_workspace(document.section("workspace")))
    spark = read(lambda: read_spark(document.section("spark"), has_folder=has_folder))
    is_local = bool(spark and spark.master)
    state = read(lambda: read_state(document, lake=lake, is_local=is_local))
    identity = read(lambda: read_identity(document.section("identity")))
    versions = read(lambda: read_versions(document.section("environments")))
    experiment = read(lambda: document.value("experiment", str, ""))
    endpoints = read(lambda: read_endpoints(document.section("endpoints")))
    inputs = read(lambda: read_inputs(document.section("inputs")))
    data = read(lambda: read_data(document.section("data")))
    openlineage = read(lambda: read_openlineage(document.section("openlineage")))
    if wrong or workspace is None or spark is None or identity is None or endpoints is None:
        raise ConfError("\n".join(wrong))
    return Target(
        name=path.stem,
        lake=str((REPOSITORY / lake).resolve()) if has_folder else lake.rstrip("/"),
        workspace=workspace,
        spark=spark,
        identity=identity,
        environments=versions or {},
        experiment=experiment or "",
        endpoints=endpoints,
        inputs=inputs or {},
        lacking=(*filled.lacking, *_examples(lake, endpoints)),
        file=path,
        state=str((REPOSITORY / state).resolve()) if state else "",
        data=data or {},
        openlineage=openlineage,
    )


def load_target(name: str, environment: Mapping[str, str] = NO_VARIABLES) -> Target:
    """Load conf/targets/<name>.yml, or the file that `name` is the path of."""
    path = Path(name) if name.endswith(".yml") else TARGETS / f"{name}.yml"
    return read_target(path, environment)


def fill_variables(
    document: Mapping[str, object], environment: Mapping[str, str], file: Path
) -> dict[str, object]:
    """Fill in `${NAME}` and `${NAME:-default}`; raises ConfError naming all that are not set."""
    filled = Filled(environment)
    values = filled.mapping(document)
    if filled.lacking:
        raise ConfError("\n".join(f"{file}: {item}" for item in filled.lacking))
    return values


def _examples(lake: str, endpoints: Endpoints) -> list[str]:
    examples = []
    if _EXAMPLE_LAKE.search(lake):
        examples.append(f"lake: {lake!r} is this repository's example; name your storage account")
    for kind, name in (("batch", endpoints.batch), ("online", endpoints.online)):
        if _EXAMPLE_ENDPOINT.fullmatch(name):
            examples.append(
                f"endpoints.{kind}: {name!r} is this repository's example; choose your own, "
                "for it is unique in its region"
            )
    return examples
