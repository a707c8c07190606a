"""`impact`: who is hit if a raw file was bad, and the commands that repair it."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.lineage.find import find_file
from aml_pipelines.lineage.graph import open_lineage
from aml_pipelines.lineage.rows import rows_of_file
from aml_pipelines.lineage.summary import number_of_rows, ranges
from aml_pipelines.lineage.things import ThingKind
from aml_pipelines.targets import add_target_argument, command_target
from conf.target import LOCAL

if TYPE_CHECKING:
    import argparse

    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.things import Thing

DONE = 0
_SCORES = ("/scores", "/rejected_scores", "/held_scores")
_NO_IDS = "made from them"  # rows of splits have no ids


@dataclass(frozen=True)
class Impact:
    """What a raw file has reached: its rows in each table now (None: not told), assets, repairs."""

    file: str
    tables: dict[str, int | None]
    assets: list[str]
    commands: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="its path below the lake, or on this machine")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print the tables, data assets and models that a file has reached; change nothing."""
    lineage = open_lineage(command_target(arguments.target))
    file = find_file(lineage, arguments.file)
    impact = _impact(lineage, file, arguments.target)
    if arguments.json:
        sys.stdout.write(f"{json.dumps(asdict(impact), indent=2)}\n")
        return DONE
    say(f"{file} has rows in")
    for table, rows in impact.tables.items():
        say(f"  {table:<48} {_NO_IDS if rows is None else number_of_rows(rows)}")
    say("was seen by")
    for line in impact.assets or ["nothing"]:
        say(f"  {line}")
    say("to repair it")
    for command in impact.commands:
        say(f"  {command}")
    return DONE


def _impact(lineage: Lineage, file: Thing, target: str) -> Impact:
    reached = lineage.results(file)
    names = dict.fromkeys(thing.name for thing in reached if thing.kind == ThingKind.TABLE)
    counts = {name: rows_of_file(lineage, lineage.tables[name], file.name) for name in names}
    # Of the others it has no row now: they were made beside it, or without it since.
    tables = {name: rows for name, rows in counts.items() if rows != 0}
    assets = [thing for thing in reached if thing.kind != ThingKind.TABLE]
    bronze = next(name for name, files in lineage.files.items() if file.name in files.values())
    dataset = bronze.split("/")[1]
    trained = {thing.name for thing in assets if thing.kind == ThingKind.MODEL}
    scored = {
        source.name
        for thing in reached
        if thing.name.endswith(_SCORES)
        for source in lineage.sources(thing)
        if source.kind == ThingKind.MODEL
    }
    lines = [
        ["withdraw", dataset, file.name],
        ["run", "data", "--set", f"inputs.dataset={dataset}"],
        *(["run", "training", "--model", model] for model in sorted(trained)),
        *(["run", "batch_inference", "--model", model] for model in sorted(trained | scored)),
    ]
    of_target = [] if target == LOCAL else ["--target", target]
    commands = [shlex.join(["python", "-m", "aml_pipelines", *each, *of_target]) for each in lines]
    return Impact(file.name, tables, ranges(assets), commands)
