"""`bootstrap`: create what pipelines need in a workspace; existing resources stay."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    enter_workspace,
    explained,
    get_or_none,
    workspace_client,
)
from aml_pipelines.azure.desired import desired_computes, desired_datastores
from aml_pipelines.azure.ensure import ensure
from aml_pipelines.azure.render import to_yaml
from aml_pipelines.azure.waiting import ended
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    import argparse

    from conf.target import Target

MADE_BY = {"made_by": "bootstrap"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_azure_arguments(parser)
    parser.add_argument(
        "--create",
        action="store_true",
        help="also make the resource group and the workspace, if they are not there",
    )


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    desired = [*desired_datastores(target), *desired_computes(target)]
    if arguments.dry_run:
        scope = [_workspace_text(target)] if arguments.create else []
        sys.stdout.write("---\n".join([*scope, *(item.text for item in desired)]))
        return 0
    with explained(target, "bootstrap"):
        if arguments.create:
            _create_scope(target, interactive=arguments.login)
        client = workspace_client(target, interactive=arguments.login)
        for item in desired:
            say(f"{item.kind} {item.name}: {ensure(client, item)}")
    return 0


def _workspace_text(target: Target) -> str:
    workspace = target.workspace
    return (
        f"# resource group {workspace.resource_group}\n"
        + to_yaml({"location": workspace.location, "tags": MADE_BY})
        + f"---\n# workspace {workspace.name}\n"
        + to_yaml({"name": workspace.name, "location": workspace.location, "tags": MADE_BY})
    )


def _create_scope(target: Target, *, interactive: bool) -> None:
    workspace = target.workspace
    if not workspace.location:
        raise CommandFailedError(
            f"target {target.name!r} states no workspace.location, which --create needs; "
            f"add it to conf/targets/{target.name}.yml, such as 'westeurope'"
        )
    # The local workspace answers for resource groups too.
    enter_workspace(target)
    _create_group(target, interactive=interactive)
    _create_workspace(target, interactive=interactive)


def _create_group(target: Target, *, interactive: bool) -> None:
    from aml_pipelines.azure.groups import group_client  # noqa: PLC0415 # dry runs do without

    groups = group_client(target, interactive=interactive).resource_groups
    name = target.workspace.resource_group
    if groups.check_existence(name):
        say(f"resource group {name}: unchanged")
        return
    groups.create_or_update(name, {"location": target.workspace.location, "tags": MADE_BY})
    say(f"resource group {name}: created")


def _create_workspace(target: Target, *, interactive: bool) -> None:
    from azure.ai.ml.entities import Workspace  # noqa: PLC0415 # dry runs do without the SDK

    client = workspace_client(target, interactive=interactive)
    name = target.workspace.name
    if get_or_none(lambda: client.workspaces.get(name)):
        say(f"workspace {name}: unchanged")
        return
    desired = Workspace(name=name, location=target.workspace.location, tags=dict(MADE_BY))
    ended(client.workspaces.begin_create, desired)
    say(f"workspace {name}: created")
