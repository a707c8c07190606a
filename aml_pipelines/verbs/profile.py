"""`profile`: show what the raw files of a dataset hold, as text and as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.table import Table

from aml_pipelines.console import say, show_table
from aml_pipelines.drafts.asked import profile_files
from aml_pipelines.drafts.contract import evidence
from aml_pipelines.drafts.page import profile_page, summary
from aml_pipelines.files import write_whole
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import DATASETS, load_dataset
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from aml_pipelines.drafts.contract import Profiled
    from conf.dataset import Dataset

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="a dataset of conf/datasets")
    parser.add_argument("--source", default="history", help="whose files (history)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write a page with pictures")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Profile the files that a source has in the lake, by the columns of their contract."""
    target = command_target(arguments.target)
    if not (target.is_local and target.has_folder):
        raise UserError(f"the lake of target {target.name!r} is no folder here; profile reads one")
    contract = load_dataset(arguments.dataset)
    source = contract.source_or_error(arguments.source)
    if contract.sources[source].format == "delta":
        raise UserError(f"source {source!r} of {contract.name!r} is a Delta table, and no files")
    stated = yaml.safe_load((DATASETS / f"{contract.name}.yml").read_text(encoding="utf-8"))
    found = profile_files(
        [f"file:{target.lake}/{contract.sources[source].path}"],
        stated["sources"][source],
        target,
        dataset=contract.name,
    )
    if arguments.json:
        sys.stdout.write(f"{json.dumps(found, indent=2)}\n")
    else:
        _show(found, contract)
    if arguments.page:
        title = f"{contract.name}: {source}"
        write_whole(arguments.page.absolute(), profile_page(title, found).encode())
        say(f"wrote {arguments.page}")
    return DONE


def _show(found: Profiled, contract: Dataset) -> None:
    say(f"{contract.name}: {summary(found)}")
    table = Table("column", "written as", "contract", "what it holds", box=None)
    for column in found["columns"]:
        stated = contract.column(column["name"]).type
        table.add_row(column["name"], column["type"], stated, evidence(column, found["rows"]))
    show_table(table)
