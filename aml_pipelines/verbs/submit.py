"""`submit`: send a pipeline, a Spark job or one component to a workspace, and watch it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.azure.check import check_for_azure
from aml_pipelines.azure.client import add_azure_arguments, asked_target, workspace_of
from aml_pipelines.azure.follow import follow
from aml_pipelines.azure.jobs import send
from aml_pipelines.azure.needs import provide
from aml_pipelines.azure.one_component import component_job, component_names
from aml_pipelines.azure.render import Rendered, render_job
from aml_pipelines.console import say
from aml_pipelines.pipeline.kinds import node_kinds
from aml_pipelines.pipeline.references import local_path
from aml_pipelines.verbs.request import (
    Request,
    add_settings_argument,
    find_pipeline,
    pipeline_names,
    read_settings,
)
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from conf.target import Target

DONE, FAILED = 0, 1
AS_OF = "as_of"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job", metavar="JOB", help="a pipeline, a component, or the file of any of them or a job"
    )
    add_azure_arguments(parser)
    add_settings_argument(parser)
    parser.add_argument(
        "--as-of",
        choices=("now",),
        help="give this time to a job that has the input as_of, unless --set gives another",
    )
    parser.add_argument(
        "--name", help="the job's name; one that is taken is that job (default: a new one)"
    )
    parser.add_argument(
        "--create-missing",
        action="store_true",
        help="make the compute and environments that the job needs, if they are not there",
    )
    parser.add_argument(
        "--wait", action="store_true", help="show status to the end; exit code 1 if it fails"
    )


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    overrides = read_settings(arguments.settings)
    rendered = render_request(arguments.job, target, overrides)
    # Rendered once to know whether the job has the input, and again with it.
    if arguments.as_of and AS_OF in (rendered.document.get("inputs") or {}):
        overrides = {AS_OF: _utc(datetime.now(UTC)), **overrides}
        rendered = render_request(arguments.job, target, overrides)
    check(rendered, target, overrides)
    if arguments.dry_run:
        sys.stdout.write(rendered.text)
        return DONE
    with workspace_of(arguments, target, f"submit {arguments.job}") as client:
        provide(client, target, rendered, creates=arguments.create_missing)
        job = send(client, rendered, name=arguments.name)
    place = f"{target.lake}/runs/{job.name}" if target.is_local else job.studio_url
    say(f"{job.name}: submitted; {place}")
    if not arguments.wait:
        say(f"python -m aml_pipelines status {job.name} --target {target.option}")
        return DONE
    return DONE if follow(client, target, str(job.name)) else FAILED


def render_request(name: str, target: Target, overrides: Mapping[str, str]) -> Rendered:
    """Return the job that a command line names: a pipeline, a component, or a file of one.

    Raises UserError when it is none of these, or is not valid.
    """
    file = Path(name)
    if name in component_names() or file.name == "component.yml":
        return component_job(name, target, overrides)
    if file.suffix not in (".yml", ".yaml") and name not in pipeline_names():
        raise UserError(
            f"{name!r} is no file, no pipeline ({', '.join(pipeline_names())}) and no component "
            f"({', '.join(component_names())})"
        )
    return render_job(file if file.is_file() else find_pipeline(name), target, overrides)


def check(rendered: Rendered, target: Target, overrides: Mapping[str, str]) -> None:
    """Refuse a pipeline that would fail after its cold start, and print what will cost time.

    Raises UserError with every finding. A pipeline with nodes that the planner does not read,
    such as fine-tuning, is left to Azure's own validation, and so is a component alone.
    """
    file = rendered.origin
    foreign = [name for name, kind in nodes_of(rendered) if kind not in node_kinds()]
    if not file.is_file() or rendered.document.get("type") != "pipeline":
        return
    if foreign:
        say(f"not checked beforehand: {', '.join(foreign)}, which the planner does not read")
        return
    request = Request((str(file),), target, overrides, runs=Path("runs"), mapped=target.data)
    plans = request.plan_all("RUN")
    for finding in [] if target.is_local else check_for_azure(plans, target):
        say(f"costs: {finding}")


def _utc(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def nodes_of(rendered: Rendered) -> list[tuple[str, str]]:
    """Return the names and types of a pipeline's nodes; 'registered' is a type of its own."""
    nodes = []
    for name, node in (rendered.document.get("jobs") or {}).items():
        component = node.get("component")
        is_registered = isinstance(component, str) and not local_path(component)
        nodes.append((name, "registered" if is_registered else node.get("type", "command")))
    return nodes
