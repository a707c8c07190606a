"""`runs`: search the runs of an experiment by metric and tag, and find the best."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    explained,
    workspace_client,
)
from aml_pipelines.failure import CommandFailedError
from aml_pipelines.local.problems import PipelineError
from aml_pipelines.local.progress import say, show_table

if TYPE_CHECKING:
    import argparse

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from conf.target import Target


@dataclass(frozen=True)
class Search:
    """What to look for, in MLflow's own filter language."""

    experiment: str
    filter: str
    order: str
    limit: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="EXPERIMENT", help="such as training")
    parser.add_argument(
        "--where", action="append", default=[], metavar="'METRIC>VALUE'", help="such as 'auc > 0.7'"
    )
    parser.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE")
    best = parser.add_mutually_exclusive_group()
    best.add_argument("--highest", metavar="METRIC", help="the best run first: the highest METRIC")
    best.add_argument("--lowest", metavar="METRIC", help="the best run first: the lowest METRIC")
    parser.add_argument("--limit", type=int, default=20, help="how many runs (20)")
    add_azure_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    target = asked_target(arguments)
    search = read_search(arguments)
    if arguments.dry_run:
        say(f"experiment {search.experiment}: {search.filter or 'all runs'}; by {search.order}")
        return 0
    with explained(target, f"runs {arguments.experiment}"):
        uri = _tracking_uri(target, interactive=arguments.login)
    found = find(search, uri)
    _show(found)
    return 0


def read_search(arguments: argparse.Namespace) -> Search:
    """Put conditions into MLflow's filter language, with names and values quoted for it.

    Raises PipelineError for a condition of another form.
    """
    conditions = [_metric(text) for text in arguments.where]
    conditions += [_tag(text) for text in arguments.tag]
    order = "attributes.start_time DESC"
    if arguments.highest:
        order = f"metrics.{_quoted(arguments.highest)} DESC"
    elif arguments.lowest:
        order = f"metrics.{_quoted(arguments.lowest)} ASC"
    return Search(arguments.experiment, " and ".join(conditions), order, arguments.limit)


def find(search: Search, tracking_uri: str) -> list[Run]:
    """Search an experiment's runs.

    Raises CommandFailedError when there is no such experiment, or MLflow refuses the search.
    """
    from mlflow import MlflowClient  # noqa: PLC0415 # seconds, which dry runs and help save
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 # same

    try:
        return _find(search, MlflowClient(tracking_uri))
    except MlflowException as error:
        told = " ".join(str(error).split())
        raise CommandFailedError(f"runs {search.experiment}: {told}") from error


def _find(search: Search, client: MlflowClient) -> list[Run]:
    experiment = client.get_experiment_by_name(search.experiment)
    if experiment is None:
        there_are = sorted(item.name for item in client.search_experiments())
        raise CommandFailedError(
            f"there is no experiment {search.experiment!r}; there are {there_are}"
        )
    return list(
        client.search_runs(
            [experiment.experiment_id],
            filter_string=search.filter,
            order_by=[search.order],
            max_results=search.limit,
        )
    )


def _tracking_uri(target: Target, *, interactive: bool) -> str:
    client = workspace_client(target, interactive=interactive)
    if target.is_local:
        return os.environ["MLFLOW_TRACKING_URI"]
    return str(client.workspaces.get(target.workspace.name).mlflow_tracking_uri)


def _metric(text: str) -> str:
    for operator in (">=", "<=", "!=", ">", "<", "="):
        name, found, value = text.partition(operator)
        if found:
            try:
                number = float(value)
            except ValueError:
                break
            return f"metrics.{_quoted(name.strip())} {operator} {number!r}"
    raise PipelineError(f"--where {text!r} is not of the form 'METRIC > NUMBER'")


def _tag(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals or not name or "'" in value:
        raise PipelineError(f"--tag {text!r} is not of the form NAME=VALUE, without quotes")
    return f"tags.{_quoted(name)} = '{value}'"


def _quoted(name: str) -> str:
    if "`" in name or not name:
        raise PipelineError(f"{name!r} is no name of a metric or tag")
    return f"`{name}`"


def _show(runs: list[Run]) -> None:
    if not runs:
        say("no run is like that")
        return
    metrics = sorted({name for run in runs for name in run.data.metrics})
    table = Table(box=None, pad_edge=False)
    for heading in ("run", "status", *metrics):
        table.add_column(heading, justify="right" if heading in metrics else "left")
    for run in runs:
        values = [
            f"{run.data.metrics[name]:.4g}" if name in run.data.metrics else "" for name in metrics
        ]
        table.add_row(run.info.run_name or run.info.run_id, run.info.status.lower(), *values)
    show_table(table)
