"""`register`: register environments, components and data by glob or file, if they changed.

Files may also hold datastores, compute, models, online endpoints, their deployments and monitors.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.desired import (
    DesiredResource,
    desired_components,
    desired_data,
    desired_environments,
    desired_file,
)
from aml_pipelines.azure.ensure import ensure
from aml_pipelines.console import say
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from conf.target import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="KIND/NAME",
        help="such as 'component/train*', or a file of any asset (default: all of the project's)",
    )
    parser.add_argument(
        "--monitors",
        action="store_true",
        help="also a monitor, which reads only what a datastore with credentials holds",
    )
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    files = [Path(item) for item in arguments.patterns if item.endswith((".yml", ".yaml"))]
    patterns = [item for item in arguments.patterns if not item.endswith((".yml", ".yaml"))]
    chosen = select(everything(target), patterns) if patterns or not files else []
    # Files last: they may name environments and data that the patterns have registered.
    resources = [*chosen, *map(desired_file, files)]
    _refuse_monitors(resources, asked=arguments.monitors)
    if arguments.dry_run:
        sys.stdout.write("---\n".join(item.text for item in resources))
        return 0
    with workspace_of(arguments, target, "register") as client:
        for item in resources:
            say(f"{item.kind} {item.name}: {ensure(client, item)}")
    return 0


def _refuse_monitors(resources: list[DesiredResource], *, asked: bool) -> None:
    monitors = [item.origin for item in resources if item.kind == "monitor"]
    if monitors and not asked:
        raise UserError(
            f"{monitors[0]}: a monitor reads only what a datastore with credentials holds, and "
            "this project's datastores have none; register one, such as "
            "aml_pipelines/catalog/datastores/blob_sas.yml, with its data, and add --monitors"
        )


def everything(target: Target) -> list[DesiredResource]:
    """Return all that can be registered; environments first, because components name them."""
    return [*desired_environments(), *desired_components(target), *desired_data()]


def select(resources: list[DesiredResource], patterns: list[str]) -> list[DesiredResource]:
    """Return what a pattern matches; raises UserError for a pattern that matches nothing."""
    names = [f"{item.kind}/{item.name}" for item in resources]
    idle = [item for item in patterns if not any(fnmatch(name, item) for name in names)]
    if idle:
        raise UserError(
            f"nothing to register is named {', '.join(idle)}; there are {', '.join(names)}"
        )
    chosen = patterns or ["*"]
    return [
        item
        for item, name in zip(resources, names, strict=True)
        if any(fnmatch(name, pattern) for pattern in chosen)
    ]
