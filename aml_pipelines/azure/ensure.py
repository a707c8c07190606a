"""Make a wanted resource, unless the workspace has it already with the same content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from aml_pipelines.azure.client import found
from aml_pipelines.azure.wanted import CONTENT, Wanted, loaded
from aml_pipelines.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.ai.ml import MLClient

Outcome = Literal["created", "updated", "unchanged", "kept as found"]


def ensure(client: MLClient, wanted: Wanted) -> Outcome:
    """Make `wanted` or bring it up to date; what is there by other hands is left as it is.

    Raises CommandFailedError when an environment of that version has other content.
    """
    from azure.ai import ml  # noqa: PLC0415 # dry runs do without the SDK

    match wanted.kind:
        case "datastore":
            stores = client.datastores
            return _mutable(wanted, stores.get, stores.create_or_update, ml.load_datastore)
        case "compute":

            def make(compute: Any) -> None:  # noqa: ANN401 # as the SDK types it
                client.compute.begin_create_or_update(compute).result()

            return _mutable(wanted, client.compute.get, make, ml.load_compute)
        case "environment":
            return _environment(wanted, client)
        case "component":
            components = client.components
            return _newest(wanted, components.list, components.create_or_update, ml.load_component)
        case "data":
            return _newest(wanted, client.data.list, client.data.create_or_update, ml.load_data)


def _mutable(
    wanted: Wanted,
    get: Callable[[str], Any],
    make: Callable[[Any], object],
    load: Callable[..., Any],
) -> Outcome:
    there = found(lambda: get(wanted.name))
    if there is None:
        make(loaded(wanted, load))
        return "created"
    tags = there.tags or {}
    if CONTENT not in tags:
        return "kept as found"  # made by hand, or by Terraform: not this project's to change
    if tags[CONTENT] == wanted.fingerprint:
        return "unchanged"
    make(loaded(wanted, load))
    return "updated"


def _version(asset: Any) -> str:  # noqa: ANN401 # any of the SDK's
    # a listed component has its version in its id alone
    return str(asset.id).rpartition("/")[2]


def _environment(wanted: Wanted, client: MLClient) -> Outcome:
    from azure.ai.ml import load_environment  # noqa: PLC0415 # same

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


def _newest(
    wanted: Wanted,
    listed: Callable[..., Any],
    make: Callable[[Any], object],
    load: Callable[..., Any],
) -> Outcome:
    there = found(lambda: list(listed(name=wanted.name))) or []
    versions = [asset for asset in there if _version(asset).isdigit()]
    newest = max(versions, key=lambda asset: int(_version(asset)), default=None)
    if newest and (newest.tags or {}).get(CONTENT) == wanted.fingerprint:
        return "unchanged"
    make(loaded(wanted, load))
    return "updated" if newest else "created"
