"""`runs`: search the runs of an experiment by metric and tag, and print the best first.

The workspace gets the conditions alone. Azure ML's MLflow neither orders by a metric nor reads a
quoted name, so the best run is found here, and a name is quoted only where it must be.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from aml_pipelines.azure.client import (
    add_azure_arguments,
    asked_target,
    explained,
    workspace_client,
)
from aml_pipelines.console import say, show_table
from aml_pipelines.errors import CommandFailedError
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from conf.target import Target

NEWEST = "attributes.start_time DESC"
_PLAIN = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


@dataclass(frozen=True)
class Search:
    """A filter in MLflow's own language, and the metric by which runs are ordered."""

    experiments: tuple[str, ...]
    filter: str
    limit: int
    highest: str | None = None
    lowest: str | None = None

    @property
    def order(self) -> str:
        best = self.highest or self.lowest
        return f"the {'highest' if self.highest else 'lowest'} {best}" if best else "the newest"


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
    search = read_search(arguments, target)
    if arguments.dry_run:
        where = " or ".join(search.experiments)
        say(f"experiment {where}: {search.filter or 'all runs'}; {search.order} first")
        return 0
    with explained(target, f"runs {arguments.experiment}"):
        uri = _tracking_uri(target, interactive=arguments.login)
    runs = find(search, uri)
    _show(runs)
    return 0


def read_search(arguments: argparse.Namespace, target: Target) -> Search:
    """Return the search for conditions on runs of a target's experiment.

    Raises UserError for a condition of another form.
    """
    conditions = [_metric(text) for text in arguments.where]
    conditions += [_tag(text) for text in arguments.tag]
    # `submit` gives the target's experiment, where it states one, to jobs of any name
    names = [arguments.experiment, *([target.experiment] if target.experiment else [])]
    return Search(
        tuple(dict.fromkeys(names)),
        " and ".join(conditions),
        arguments.limit,
        arguments.highest,
        arguments.lowest,
    )


def find(search: Search, tracking_uri: str) -> list[Run]:
    """Return an experiment's runs, the best first, or else the newest first.

    Raises CommandFailedError when there is no such experiment, or MLflow refuses the search.
    """
    from mlflow import MlflowClient  # noqa: PLC0415 # seconds, which dry runs and help save
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 # same

    try:
        runs = _find(search, MlflowClient(tracking_uri))
    except MlflowException as error:
        reason = " ".join(str(error).split())
        raise CommandFailedError(f"runs {search.experiments[0]}: {reason}") from error
    return best_first(runs, search)[: search.limit]


def best_first(runs: list[Run], search: Search) -> list[Run]:
    """Order runs by the metric of a search; those without it, or with NaN, come last."""
    metric = search.highest or search.lowest
    if not metric:
        return runs
    sign = -1 if search.highest else 1

    def rank(run: Run) -> tuple[bool, float]:
        value = run.data.metrics.get(metric, math.nan)
        return (True, 0.0) if math.isnan(value) else (False, sign * value)

    return sorted(runs, key=rank)


def _find(search: Search, client: MlflowClient) -> list[Run]:
    # A target may name the experiment otherwise than the pipeline does: those that exist count.
    experiments = [client.get_experiment_by_name(name) for name in search.experiments]
    experiments = [experiment.experiment_id for experiment in experiments if experiment]
    if not experiments:
        there_are = sorted(item.name for item in client.search_experiments())
        named = " or ".join(map(repr, search.experiments))
        raise CommandFailedError(f"there is no experiment {named}; there are {there_are}")
    runs: list[Run] = []
    token: str | None = ""
    while token is not None:  # the best run may be on any page
        page = client.search_runs(
            experiments, search.filter, order_by=[NEWEST], page_token=token or None
        )
        runs += page
        token = page.token or None
        if not (search.highest or search.lowest) and len(runs) >= search.limit:
            break
    return runs


def _tracking_uri(target: Target, *, interactive: bool) -> str:
    client = workspace_client(target, interactive=interactive)
    # The database itself: no request goes through the workspace.
    if target.is_local:
        return os.environ["MLFLOW_TRACKING_URI"]
    return str(client.workspaces.get(target.workspace.name).mlflow_tracking_uri)


def _metric(text: str) -> str:
    # Two characters first: '>' is part of '>='.
    for operator in (">=", "<=", "!=", ">", "<", "="):
        name, separator, value = text.partition(operator)
        if separator:
            try:
                number = float(value)
            except ValueError:
                break
            return f"metrics.{_quoted(name.strip())} {operator} {number!r}"
    raise UserError(f"--where {text!r} is not of the form 'METRIC > NUMBER'")


def _tag(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals or not name or "'" in value:
        raise UserError(f"--tag {text!r} is not of the form NAME=VALUE, without quotes")
    return f"tags.{_quoted(name)} = '{value}'"


def _quoted(name: str) -> str:
    if "`" in name or not name:
        raise UserError(f"{name!r} is no name of a metric or tag")
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


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
