"""`teardown`: delete what costs money (endpoints, schedules, compute); data and models stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, get_or_none, workspace_of
from aml_pipelines.azure.desired import CONTENT, desired_computes
from aml_pipelines.azure.schedules import change, schedule_names
from aml_pipelines.azure.waiting import ended
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient

    from conf.target import Target


@dataclass(frozen=True)
class Deletable:
    """A resource that this project made and may delete."""

    kind: str
    name: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confirm", metavar="TARGET", help="the target's name; without it, only list"
    )
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    if arguments.dry_run:
        for item in _possible(target):
            say(f"would delete {item.kind} {item.name}, if it is there")
        return 0
    if arguments.confirm not in (None, target.name):
        raise CommandFailedError(
            f"--confirm is {arguments.confirm!r}, not target {target.name!r}; nothing was deleted"
        )
    with workspace_of(arguments, target, "teardown") as client:
        there = [item for item in _possible(target) if is_there(client, item)]
        for item in there:
            if arguments.confirm:
                delete(client, item)
            say(f"{'deleted' if arguments.confirm else 'would delete'} {item.kind} {item.name}")
    if there and not arguments.confirm:
        say(f"nothing was deleted; to do it, add --confirm {target.name}")
    return 0


def _possible(target: Target) -> list[Deletable]:
    endpoints = [
        Deletable(f"{kind} endpoint", name)
        for kind, name in (("batch", target.endpoints.batch), ("online", target.endpoints.online))
        if name
    ]
    schedules = [Deletable("schedule", name) for name in schedule_names()]
    computes = [Deletable("compute", item.name) for item in desired_computes(target)]
    # In this order: a schedule or an endpoint may still use a compute.
    return [*schedules, *endpoints, *computes]


def is_there(client: MLClient, item: Deletable) -> bool:
    """Return whether a resource exists and was made by this project."""
    match item.kind:
        case "schedule":
            return get_or_none(lambda: client.schedules.get(item.name)) is not None
        case "batch endpoint":
            return get_or_none(lambda: client.batch_endpoints.get(item.name)) is not None
        case "online endpoint":
            return get_or_none(lambda: client.online_endpoints.get(item.name)) is not None
        case _:  # one that was there before bootstrap has no such tag, and stays
            compute = get_or_none(lambda: client.compute.get(item.name))
            return compute is not None and CONTENT in (compute.tags or {})


def delete(client: MLClient, item: Deletable) -> None:
    """Delete a resource; an attached pool is only detached, because it is Synapse's."""
    match item.kind:
        case "schedule":
            change(client, "delete", item.name)
        case "batch endpoint":
            ended(client.batch_endpoints.begin_delete, item.name)
        case "online endpoint":
            ended(client.online_endpoints.begin_delete, item.name)
        case _:
            is_pool = client.compute.get(item.name).type.lower() == "synapsespark"
            action = "Detach" if is_pool else "Delete"
            ended(client.compute.begin_delete, item.name, action=action)
