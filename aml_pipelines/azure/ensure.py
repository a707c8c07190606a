"""Make a wanted resource, unless the workspace has it already with the same content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aml_pipelines.azure.client import found
from aml_pipelines.azure.desired import CONTENT, DesiredResource, loaded
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.ai.ml import MLClient

Outcome = Literal["created", "updated", "unchanged", "kept as found"]


@dataclass(frozen=True)
class Calls:
    """How the SDK gives what is there by a name, makes it, and loads it from YAML."""

    get: Callable[[], Any]
    make: Callable[[Any], object]
    load: Callable[..., Any]


def ensure(client: MLClient, wanted: DesiredResource) -> Outcome:
    """Make `wanted` or bring it up to date; what is there by other hands is left as it is.

    Raises CommandFailedError when an environment of that version has other content.
    """
    match wanted.kind:
        case "environment":
            return _of_version(client, wanted)
        case "component" | "data" | "model":
            return _newest(client, wanted)
        case _:
            return _mutable(client, wanted)


def _of_version(client: MLClient, wanted: DesiredResource) -> Outcome:
    from azure.ai.ml import load_environment  # noqa: PLC0415 # dry runs do without the SDK

    there = found(lambda: client.environments.get(wanted.name, wanted.version))
    if there is None:
        client.environments.create_or_update(loaded(wanted, load_environment))
        return "created"
    if (there.tags or {}).get(CONTENT) == wanted.fingerprint:
        return "unchanged"
    raise CommandFailedError(
        f"environment {wanted.name!r} version {wanted.version!r} is registered with other content, "
        f"and versions never change: state another in {wanted.origin}, and wherever "
        f"azureml:{wanted.name}:{wanted.version} is named"
    )


def _newest(client: MLClient, wanted: DesiredResource) -> Outcome:
    assets, load = _versioned(client, wanted)
    there = found(lambda: list(assets.list(name=wanted.name))) or []
    versions = [asset for asset in there if _version(asset).isdigit()]
    newest = max(versions, key=lambda asset: int(_version(asset)), default=None)
    if newest and (newest.tags or {}).get(CONTENT) == wanted.fingerprint:
        return "unchanged"
    assets.create_or_update(loaded(wanted, load))
    return "updated" if newest else "created"


def _version(asset: Any) -> str:  # noqa: ANN401 # any of the SDK's
    # a listed component has its version in its id alone
    return str(asset.id).rpartition("/")[2]


def _versioned(client: MLClient, wanted: DesiredResource) -> tuple[Any, Callable[..., Any]]:
    from azure.ai import ml  # noqa: PLC0415 # same

    match wanted.kind:
        case "component":
            return client.components, ml.load_component
        case "model":
            return client.models, ml.load_model
        case _:
            return client.data, ml.load_data


def _mutable(client: MLClient, wanted: DesiredResource) -> Outcome:
    calls = _named(client, wanted)
    there = found(calls.get)
    if there is None:
        calls.make(loaded(wanted, calls.load))
        return "created"
    tags = there.tags or {}
    if CONTENT not in tags:
        return "kept as found"  # made by hand, or by Terraform: not this project's to change
    if tags[CONTENT] == wanted.fingerprint:
        return "unchanged"
    calls.make(loaded(wanted, calls.load))
    return "updated"


def _named(client: MLClient, wanted: DesiredResource) -> Calls:
    from azure.ai import ml  # noqa: PLC0415 # same
    from azure.ai.ml.entities._load_functions import (  # noqa: PLC0415 # it has no other
        load_schedule,
    )

    name = wanted.name
    match wanted.kind:
        case "datastore":
            stores = client.datastores
            return Calls(lambda: stores.get(name), stores.create_or_update, ml.load_datastore)
        case "compute":
            computes = client.compute
            make = _ended(computes.begin_create_or_update)
            return Calls(lambda: computes.get(name), make, ml.load_compute)
        case "endpoint":
            endpoints = client.online_endpoints
            make = _ended(endpoints.begin_create_or_update)
            return Calls(lambda: endpoints.get(name), make, ml.load_online_endpoint)
        case "deployment":
            deployments, endpoint = client.online_deployments, str(wanted.document["endpoint_name"])
            make = _ended(deployments.begin_create_or_update)
            return Calls(lambda: deployments.get(name, endpoint), make, ml.load_online_deployment)
        case _:
            schedules = client.schedules
            make = _ended(schedules.begin_create_or_update)
            return Calls(lambda: schedules.get(name), make, load_schedule)


def _ended(begin: Callable[[Any], Any]) -> Callable[[Any], object]:
    return lambda entity: begin(entity).result()
