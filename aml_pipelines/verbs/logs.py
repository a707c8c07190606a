"""`logs`: print the log of a job or of one of its nodes."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.follow import node_name
from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError

if TYPE_CHECKING:
    import argparse

    from azure.ai.ml import MLClient


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="JOB", help="the name that submit printed")
    parser.add_argument("--node", help="a node of the pipeline, as it names it")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    if arguments.dry_run:
        node = f", node {arguments.node}" if arguments.node else ""
        say(f"GET the log of job {arguments.name}{node} of workspace {target.workspace.name}")
        return 0
    with workspace_of(arguments, target, f"logs {arguments.name}") as client:
        _print_logs(client, _job_of(client, arguments.name, arguments.node))
    return 0


def _job_of(client: MLClient, name: str, node: str | None) -> str:
    if not node:
        return name
    jobs = {node_name(job): str(job.name) for job in client.jobs.list(parent_job_name=name)}
    if node not in jobs:
        raise CommandFailedError(f"job {name!r} has no node {node!r}; it has {sorted(jobs)}")
    return jobs[node]


def _print_logs(client: MLClient, name: str) -> None:
    # the SDK streams whole jobs alone, and has no public way to the logs of a pipeline's node
    details = client.jobs._runs_operations.get_run_details(name)  # noqa: SLF001
    files = {str(path): str(url) for path, url in sorted((details.log_files or {}).items())}
    if not files:
        raise CommandFailedError(f"{name}: has written no log yet")
    trusted = ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE"))
    for path, url in files.items():
        say(f"--- {path}")
        try:
            with urlopen(Request(url), context=trusted) as answer:  # noqa: S310 # a signed https URL
                say(answer.read().decode(errors="replace").rstrip())
        except URLError as error:
            address = urlsplit(url)._replace(query="").geturl()  # its query is a key to the log
            raise CommandFailedError(
                f"{name}: {path} cannot be read: {error} ({address})"
            ) from error
