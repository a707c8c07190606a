"""`cancel`: stop a job and all its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.follow import status_of
from aml_pipelines.azure.waiting import ended
from aml_pipelines.console import say

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="JOB", help="the name that submit printed")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    if arguments.dry_run:
        say(f"POST jobs/{arguments.name}/cancel to workspace {target.workspace.name}")
        return 0
    with workspace_of(arguments, target, f"cancel {arguments.name}") as client:
        ended(client.jobs.begin_cancel, arguments.name)
        job = client.jobs.get(arguments.name)
    say(f"{arguments.name}: {status_of(job).lower()}")
    return 0
