"""`diff`: how two versions of a table differ: rows added, removed and changed, by column."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.lineage.differences import compare, key_of
from aml_pipelines.lineage.find import find_thing
from aml_pipelines.lineage.graph import open_lineage
from aml_pipelines.lineage.summary import number_of_rows
from aml_pipelines.lineage.things import ThingKind
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from aml_pipelines.lineage.differences import Change, TableDifference
    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.things import Thing

DONE = 0
_EXAMPLES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="TABLE@VERSION", help="such as silver/flights/valid@7")
    parser.add_argument(
        "second", metavar="TABLE[@VERSION]", help="another version of it (the newest)"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print it as JSON")
    shown.add_argument("--markdown", action="store_true", help="print it as Markdown, for a review")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    lineage = open_lineage(command_target(arguments.target))
    first, second = (_table(lineage, text) for text in (arguments.first, arguments.second))
    if first.name != second.name:
        raise UserError(
            f"{first.name} and {second.name} are two tables: name two versions of one, such as "
            f"{first.name}@{first.version} {first.name}"
        )
    log = lineage.tables[first.name]
    contract = load_dataset(first.name.split("/")[1])
    found = compare(
        log,
        int(first.version),
        int(second.version),
        key_of(first.name, log.columns, contract.key),
        examples=_EXAMPLES,
    )
    if arguments.json:
        sys.stdout.write(f"{json.dumps(asdict(found), indent=2, default=str)}\n")
        return DONE
    title = f"{first} to @{second.version}"
    for line in _markdown(title, found) if arguments.markdown else _text(title, found):
        say(line)
    return DONE


def _table(lineage: Lineage, text: str) -> Thing:
    thing = find_thing(lineage, text)
    if thing.kind != ThingKind.TABLE:
        raise UserError(f"{text!r} is no table; versions of tables are compared: TABLE@VERSION")
    return thing


def _text(title: str, found: TableDifference) -> list[str]:
    before, after = found.rows
    lines = [
        f"{title}: {number_of_rows(before)} to {number_of_rows(after)}",
        f"  added {found.added:,}, removed {found.removed:,}, changed {found.changed:,}",
    ]
    for name, (rows, examples) in found.columns.items():
        lines.append(f"  {name}: {number_of_rows(rows)}")
        lines += [f"    {_example(example)}" for example in examples]
    lines += [f"  new column {name}" for name in found.new_columns]
    lines += [f"  lost column {name}" for name in found.lost_columns]
    lines += [f"  rule {name}: {more:+,} rows" for name, more in found.rules.items()]
    return lines


def _markdown(title: str, found: TableDifference) -> list[str]:
    before, after = found.rows
    lines = [
        f"### `{title}`",
        "",
        "| rows before | rows after | added | removed | changed |",
        "|---:|---:|---:|---:|---:|",
        f"| {before:,} | {after:,} | {found.added:,} | {found.removed:,} | {found.changed:,} |",
    ]
    if found.columns:
        lines += ["", "| column | rows | for example |", "|---|---:|---|"]
        for name, (rows, examples) in found.columns.items():
            shown = "<br>".join(_cell(_example(example)) for example in examples)
            lines.append(f"| {_cell(name)} | {rows:,} | {shown} |")
    if found.rules:
        lines += ["", "| rule | rows that broke it |", "|---|---:|"]
        lines += [f"| {_cell(name)} | {more:+,} |" for name, more in found.rules.items()]
    columns = [*(f"new {c}" for c in found.new_columns), *(f"lost {c}" for c in found.lost_columns)]
    return [*lines, *(["", f"Columns: {_cell(', '.join(columns))}"] if columns else [])]


def _example(change: Change) -> str:
    key = ", ".join(f"{name} {value}" for name, value in change.key.items())
    return f"{change.before} became {change.after} ({key})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
