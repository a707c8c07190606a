"""`history`: the rows, seconds and costs of the nodes of all runs, and what of them is unusual."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from aml_pipelines.console import say, show_table
from aml_pipelines.files import private_files
from aml_pipelines.history.stored import bring_up_to_date, cost_of
from aml_pipelines.history.unlike import FEWEST, runs_before, unusual
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError
from conf.prices import PRICES, load_prices

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from aml_pipelines.history.node_runs import NodeRun
    from aml_pipelines.history.unlike import Unusual
    from conf.prices import Prices

USUAL, UNUSUAL = 0, 1
_LEFT = ("run", "node", "status", "set aside", "unusual")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", nargs="?", help="a pipeline, such as data (all of them)")
    parser.add_argument("--last", type=int, default=3, metavar="RUNS", help="how many runs (3)")
    parser.add_argument(
        "--prices", type=Path, default=PRICES, metavar="FILE", help="prices (conf/prices.yml)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print the nodes of the last runs; exit with 1 where one of the newest run is unusual."""
    target = command_target(arguments.target)
    if not target.is_local:
        raise UserError(
            f"target {target.name!r} is a workspace in Azure, which keeps its own record of jobs: "
            f"python -m aml_pipelines runs EXPERIMENT --target {target.option}"
        )
    if arguments.prices != PRICES and not arguments.prices.is_file():
        raise UserError(f"--prices {arguments.prices}: there is no such file")
    folder, prices = StateFolder(Path(target.state)), load_prices(arguments.prices)
    with private_files():
        known = bring_up_to_date(folder, prices)
    asked = [each for each in known if arguments.pipeline in (None, each.pipeline)]
    names = list(dict.fromkeys(each.run for each in asked))[-max(arguments.last, 1) :]
    if not names:
        pipelines = ", ".join(sorted({each.pipeline for each in known})) or "none"
        raise UserError(
            f"{target.state} has no run of {arguments.pipeline or 'any pipeline'}; it has runs of "
            f"{pipelines}; python -m aml_pipelines run {arguments.pipeline or 'data'}"
        )
    shown = [each for each in asked if each.run in names]
    found = {(each.run, each.node): _judged(each, known) for each in shown}
    if arguments.json:
        rows = [_told(each, found[each.run, each.node][1], prices) for each in shown]
        sys.stdout.write(f"{json.dumps(rows, indent=2, default=str)}\n")
    else:
        _show(shown, found, prices)
        say(f"all runs are in {folder.history}")
    is_unusual = any(found[each.run, each.node][1] for each in shown if each.run == names[-1])
    return UNUSUAL if is_unusual else USUAL


def _judged(each: NodeRun, known: Sequence[NodeRun]) -> tuple[int, list[Unusual]]:
    """Return how many runs of a node came before, and what is unlike them."""
    before = runs_before(each, known)
    return len(before), unusual(each, before)


def _show(
    shown: Sequence[NodeRun],
    found: dict[tuple[str, str], tuple[int, list[Unusual]]],
    prices: Prices | None,
) -> None:
    table = Table(box=None, pad_edge=False)
    cost = [f"cost in {prices.currency}"] if prices else []
    for heading in ("run", "node", "status", "seconds", "rows in", "rows out", "set aside", *cost):
        table.add_column(heading, justify="left" if heading in _LEFT else "right")
    table.add_column("unusual")
    for each in shown:
        costs = [_number(cost_of(each, prices), ".4f")] if prices else []
        table.add_row(*_cells(each), *costs, _verdict(each, *found[each.run, each.node]))
    show_table(table)


def _cells(each: NodeRun) -> list[str]:
    aside = ", ".join(f"{why} {rows:,}" for why, rows in (each.set_aside or {}).items())
    return [
        *(each.run, each.node, "reused" if each.reused else each.status.lower()),
        *(f"{each.seconds:.1f}", _number(each.rows_in, ","), _number(each.rows_out, ","), aside),
    ]


def _verdict(each: NodeRun, before: int, found: Sequence[Unusual]) -> str:
    if each.has_run and before < FEWEST:
        return f"not known: {before} runs before, of {FEWEST}"
    return ", ".join(f"{one.what} {one.value:,g}, usually {one.usual:,g}" for one in found)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else f"{value:{form}}"


def _told(each: NodeRun, found: Sequence[Unusual], prices: Prices | None) -> dict[str, Any]:
    cost = {"cost": cost_of(each, prices), "currency": prices.currency} if prices else {}
    return {**asdict(each), **cost, "unusual": [asdict(one) for one in found]}
