"""`status`: print the status of a job and of its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.follow import is_reused, node_name, status_of
from aml_pipelines.console import say, show_table

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="JOB", help="the name that submit printed")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    if arguments.dry_run:
        say(f"GET jobs/{arguments.name} of workspace {target.workspace.name}, and its nodes")
        return 0
    with workspace_of(arguments, target, f"status {arguments.name}") as client:
        job = client.jobs.get(arguments.name)
        nodes = list(client.jobs.list(parent_job_name=arguments.name))
    say(f"{job.name}: {status_of(job).lower()} ({job.experiment_name})")
    table = Table.grid(padding=(0, 2))
    for node in nodes:
        table.add_row(
            f"  {node_name(node)}", "reused" if is_reused(node) else status_of(node).lower()
        )
    show_table(table)
    return 0
