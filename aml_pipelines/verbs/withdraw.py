"""`withdraw`: take an ingested file, and everything that came from it, out of the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.execution.jvm.script import run_script
from aml_pipelines.execution.lakes import alone_with_lake
from aml_pipelines.files import path_below
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="a dataset of conf/datasets")
    parser.add_argument("file", metavar="FILE", help="its path below the lake, or on this machine")
    parser.add_argument("--reason", default="not stated", help="what the commits say")
    parser.add_argument(
        "--erase", action="store_true", help="delete older versions of the tables too, for ever"
    )
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Withdraw a file; it is withdrawn in part if this is interrupted, and wholly if repeated."""
    target = command_target(arguments.target)
    if not (target.is_local and target.has_folder):
        raise UserError(
            f"the lake of target {target.name!r} is no folder here; submit the component: "
            "python -m aml_pipelines submit components/withdraw/component.yml --set inputs.file=…"
        )
    name = load_dataset(arguments.dataset).name
    lake = Path(target.lake)
    file = path_below(lake, arguments.file)
    asked = {
        "lake": target.lake,
        "dataset": name,
        "file": file,
        "reason": arguments.reason,
        "erase": "yes" if arguments.erase else "no",
    }
    with alone_with_lake(target, f"withdraw {file}"):
        done = run_script("withdraw", asked, target, output="withdrawn")
    for table, rows in done["rows"].items():
        say(f"  {table:<40} {rows:>12,} rows")
    say(f"{name}: {file} is withdrawn, and is not ingested again")
    if (lake / file).exists():
        say(f"the raw file is still there: {lake / file}")
    if not arguments.erase:
        say("older versions of the tables, and what was made of them, keep its rows: --erase")
    say(f"next: python -m aml_pipelines run data --set inputs.dataset={name}")
    return DONE
