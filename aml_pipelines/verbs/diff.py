"""`diff`: how two versions of a table differ, or what two commits make of the same raw files."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.lineage.difference_text import as_markdown, as_text, cell
from aml_pipelines.lineage.differences import compare, key_of
from aml_pipelines.lineage.find import find_thing
from aml_pipelines.lineage.graph import open_lineage
from aml_pipelines.lineage.review_comment import pull_request
from aml_pipelines.lineage.things import ThingKind
from aml_pipelines.lineage.two_commits import PIPELINES, compare_commits
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.errors import UserError
from conf.model import load_model

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.review_comment import PullRequest
    from aml_pipelines.lineage.things import Thing
    from aml_pipelines.lineage.two_commits import CommitDifference

DONE = 0
_EXAMPLES = 3
_MODEL = "diabetes_progression"  # its data are small, and a sample that every machine has


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "first", nargs="?", metavar="TABLE@VERSION", help="such as silver/flights/valid@7"
    )
    parser.add_argument(
        "second", nargs="?", metavar="TABLE[@VERSION]", help="another version of it (the newest)"
    )
    parser.add_argument(
        "--since",
        metavar="COMMIT",
        help="run data, training and batch inference of a commit and of the files as they are, "
        "and compare what both make of the same raw files",
    )
    parser.add_argument(
        "--pull-request",
        action="store_true",
        help="--since the branch that the pull request of this job goes to; comment there",
    )
    parser.add_argument("--model", default=_MODEL, help=f"of --since: the model ({_MODEL})")
    parser.add_argument(
        "--raw",
        type=Path,
        metavar="FOLDER",
        help="of --since: the folder raw of a lake (the sample of the model's dataset)",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print it as JSON")
    shown.add_argument("--markdown", action="store_true", help="print it as Markdown, for a review")
    parser.add_argument(
        "--dry-run", action="store_true", help="of --since: say what would run, and run nothing"
    )
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    if arguments.since or arguments.pull_request:
        if arguments.first:
            raise UserError("--since compares all tables; leave the table out")
        load_model(arguments.model)
        if arguments.raw and not arguments.raw.is_dir():
            raise UserError(f"--raw {arguments.raw}: there is no such folder")
        if arguments.dry_run:
            since = arguments.since or "the branch that the pull request goes to"
            say(f"{', '.join(PIPELINES)} of {since} and of the files as they are would run")
            return DONE
        request = pull_request(os.environ) if arguments.pull_request else None
        return _commits(arguments, request)
    if not arguments.first:
        raise UserError(
            "name two versions of a table, such as silver/flights/valid@7 silver/flights/valid, "
            "or a commit: --since main"
        )
    lineage = open_lineage(command_target(arguments.target))
    second = arguments.second or arguments.first.partition("@")[0]
    return _versions(lineage, _table(lineage, arguments.first), _table(lineage, second), arguments)


def _versions(lineage: Lineage, first: Thing, second: Thing, arguments: argparse.Namespace) -> int:
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
        _print(asdict(found))
        return DONE
    title = f"{first} to @{second.version}"
    for line in as_markdown(title, found) if arguments.markdown else as_text(title, found):
        say(line)
    return DONE


def _table(lineage: Lineage, text: str) -> Thing:
    thing = find_thing(lineage, text)
    if thing.kind != ThingKind.TABLE:
        raise UserError(f"{text!r} is no table; versions of tables are compared: TABLE@VERSION")
    return thing


def _commits(arguments: argparse.Namespace, request: PullRequest | None) -> int:
    since = arguments.since or (request.base if request else "")
    with tempfile.TemporaryDirectory(prefix="diff-") as folder:
        found = compare_commits(
            since, arguments.model, arguments.raw, Path(folder), examples=_EXAMPLES
        )
    markdown = "\n".join(_as_markdown(found))
    if arguments.json:
        _print(asdict(found))
    else:
        text = markdown if arguments.markdown else "\n".join(_as_text(found))
        sys.stdout.write(f"{text}\n")
    if request:
        sys.stderr.write(f"{request.name}: comment {request.comment(markdown)}\n")
    return DONE


def _as_text(found: CommitDifference) -> list[str]:
    lines = [f"{found.before} to {found.after}, {found.model_name} on {found.data}"]
    before, after = _metric(found.champion_before), _metric(found.champion_after)
    lines.append(f"test {found.metric}: {before} to {after}")
    lines += [f"{name}: only {side} has it" for name, side in found.only.items()]
    for name, one in found.tables.items():
        if not one.is_none:
            lines += as_text(name, one)
    same = [name for name, one in found.tables.items() if one.is_none]
    return [*lines, f"the same in both: {', '.join(same) or 'nothing'}"]


def _as_markdown(found: CommitDifference) -> list[str]:
    before, after = _metric(found.champion_before), _metric(found.champion_after)
    lines = [
        f"## `{found.before}` to `{found.after}`",
        "",
        f"What both make of {found.data}, with the model `{found.model_name}`.",
        "",
        f"| | {cell(found.before)} | {cell(found.after)} |",
        "|---|---|---|",
        f"| test {found.metric} | {cell(before)} | {cell(after)} |",
        "",
    ]
    lines += [f"- `{name}`: only {cell(side)} has it" for name, side in found.only.items()]
    for name, one in found.tables.items():
        if not one.is_none:
            lines += ["", *as_markdown(name, one)]
    same = [f"`{name}`" for name, one in found.tables.items() if one.is_none]
    return [*lines, "", f"The same in both: {', '.join(same) or 'nothing'}."]


def _metric(champion: Mapping[str, Any] | None) -> str:
    if champion is None:
        return "no champion"
    return f"{champion['value']:.4f} [{champion['low']:.4f}, {champion['high']:.4f}]"


def _print(told: object) -> None:
    sys.stdout.write(f"{json.dumps(told, indent=2, default=str)}\n")
