"""Creates a desired resource, unless the workspace has it with the same content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aml_pipelines.azure.client import get_or_none
from aml_pipelines.azure.desired import CONTENT, DesiredResource, loaded
from aml_pipelines.azure.waiting import ended
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.ai.ml import MLClient

Outcome = Literal["created", "updated", "unchanged", "kept as found"]


@dataclass(frozen=True)
class Calls:
    """The SDK's functions that get a resource by name, create it, and load it from YAML."""

    get: Callable[[], Any]
    make: Callable[[Any], object]
    load: Callable[..., Any]


def ensure(client: MLClient, resource: DesiredResource) -> Outcome:
    """Create `resource` or update it; a resource that was made by hand is left as it is.

    Raises CommandFailedError when an environment of that version has other content.
    """
    match resource.kind:
        case "environment":
            return _of_version(client, resource)
        case "component" | "data" | "model":
            return _newest(client, resource)
        case _:
            return _mutable(client, resource)


def _of_version(client: MLClient, resource: DesiredResource) -> Outcome:
    from azure.ai.ml import load_environment  # noqa: PLC0415 # dry runs do without the SDK

    there = get_or_none(lambda: client.environments.get(resource.name, resource.version))
    if there is None:
        client.environments.create_or_update(loaded(resource, load_environment))
        return "created"
    if (there.tags or {}).get(CONTENT) == resource.fingerprint:
        return "unchanged"
    raise CommandFailedError(
        f"environment {resource.name!r} version {resource.version!r} is registered with other "
        f"content, and versions never change: state another in {resource.origin}, and wherever "
        f"azureml:{resource.name}:{resource.version} is named"
    )


def _newest(client: MLClient, resource: DesiredResource) -> Outcome:
    assets, load = _versioned(client, resource)
    there = get_or_none(lambda: list(assets.list(name=resource.name))) or []
    # Not by number: the service counts no component, it names the next version after the moment.
    newest = max(there, key=lambda asset: str(asset.creation_context.created_at), default=None)
    if newest and (newest.tags or {}).get(CONTENT) == resource.fingerprint:
        return "unchanged"
    assets.create_or_update(loaded(resource, load))
    return "updated" if newest else "created"


def _versioned(client: MLClient, resource: DesiredResource) -> tuple[Any, Callable[..., Any]]:
    from azure.ai import ml  # noqa: PLC0415 # same

    match resource.kind:
        case "component":
            return client.components, ml.load_component
        case "model":
            return client.models, ml.load_model
        case _:
            return client.data, ml.load_data


def _mutable(client: MLClient, resource: DesiredResource) -> Outcome:
    calls = _named(client, resource)
    there = get_or_none(calls.get)
    if there is None:
        calls.make(loaded(resource, calls.load))
        return "created"
    tags = there.tags or {}
    if CONTENT not in tags:
        return "kept as found"  # made by hand, or by Terraform: not this project's to change
    if tags[CONTENT] == resource.fingerprint:
        return "unchanged"
    calls.make(loaded(resource, calls.load))
    return "updated"


def _named(client: MLClient, resource: DesiredResource) -> Calls:
    from azure.ai import ml  # noqa: PLC0415 # same
    from azure.ai.ml.entities._load_functions import (  # noqa: PLC0415 # it has no other
        load_schedule,
    )

    name = resource.name
    match resource.kind:
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
            deployments, endpoint = (
                client.online_deployments,
                str(resource.document["endpoint_name"]),
            )
            make = _ended(deployments.begin_create_or_update)
            return Calls(lambda: deployments.get(name, endpoint), make, ml.load_online_deployment)
        case _:
            schedules = client.schedules
            make = _ended(schedules.begin_create_or_update)
            return Calls(lambda: schedules.get(name), make, load_schedule)


def _ended(begin: Callable[[Any], Any]) -> Callable[[Any], object]:
    return lambda entity: ended(begin, entity)
