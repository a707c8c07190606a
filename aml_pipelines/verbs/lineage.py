"""`lineage`: what a thing of the lake was made from, what was made of it, and by which runs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aml_pipelines.console import say
from aml_pipelines.lineage.find import find_thing
from aml_pipelines.lineage.graph import open_lineage
from aml_pipelines.lineage.rows import find_rows, places_of
from aml_pipelines.lineage.summary import number_of_rows, ranges
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from aml_pipelines.lineage.graph import Lineage
    from aml_pipelines.lineage.things import Thing

DONE = 0
_ROWS_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "thing",
        metavar="THING",
        help="a table, TABLE@VERSION, raw file, data asset, model, or row (TABLE?COLUMN=VALUE)",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print both ways of a thing: from raw files to it, and from it to scores and models."""
    lineage = open_lineage(command_target(arguments.target))
    if "?" in arguments.thing:
        ids = find_rows(lineage, arguments.thing, at_most=_ROWS_SHOWN)
        told = [_row(lineage, row_id, arguments.thing) for row_id in ids]
        if arguments.json:
            _print(told)
        else:
            _say_rows(told)
        return DONE
    thing = find_thing(lineage, arguments.thing)
    if arguments.json:
        _print(_told(lineage, thing))
    else:
        _say(lineage, thing)
    return DONE


def _say(lineage: Lineage, thing: Thing) -> None:
    say(f"{thing}{_how(lineage, thing)}")
    say("made from")
    for line in _tree(lineage, thing, "  ", set()) if lineage.sources(thing) else ("  nothing",):
        say(line)
    say("made of it")
    for line in ranges(lineage.results(thing)) or ("nothing",):
        say(f"  {line}")


def _tree(lineage: Lineage, thing: Thing, indent: str, seen: set[Thing]) -> Iterator[str]:
    for source in lineage.sources(thing):
        if source in seen:
            yield f"{indent}{source} (above)"
            continue
        seen.add(source)
        yield f"{indent}{source}{_how(lineage, source)}"
        yield from _tree(lineage, source, f"{indent}  ", seen)


def _how(lineage: Lineage, thing: Thing) -> str:
    made = lineage.made.get(thing)
    if made is None:
        return ""
    told = [
        number_of_rows(made.rows) if made.rows is not None else "",
        f"{datetime.fromtimestamp(made.moment, UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"run {made.run}" if made.run else "",
        f"commit {made.commit[:10]}" if made.commit else "",
    ]
    return f": {', '.join(filter(None, told))}"


def _row(lineage: Lineage, row_id: str, text: str) -> dict[str, Any]:
    dataset = text.split("/")[1]
    key = [name for name in load_dataset(dataset).key if name != "row_id"]
    places = [asdict(place) for place in places_of(lineage, row_id, key, dataset)]
    return {"row": row_id, "dataset": dataset, "places": places}


def _say_rows(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        say(f"row {row['row']} of {row['dataset']} is in")
        for place in row["places"]:
            told = ", ".join(f"{name} {value}" for name, value in place["told"].items())
            say(f"  {place['table']}@{place['version']}{f': {told}' if told else ''}")


def _told(lineage: Lineage, thing: Thing) -> dict[str, Any]:
    """Return a thing, all that it was made from with the edges, and all that was made of it."""
    edges: dict[Thing, list[Thing]] = {}
    waiting = [thing]
    while waiting:
        each = waiting.pop()
        if each not in edges:
            edges[each] = lineage.sources(each)
            waiting += edges[each]
    results = lineage.results(thing)
    return {
        "thing": str(thing),
        "from": {str(each): [str(s) for s in sources] for each, sources in edges.items()},
        "into": [str(each) for each in results],
        "made": {
            str(each): asdict(lineage.made[each])
            for each in (*edges, *results)
            if each in lineage.made
        },
    }


def _print(told: object) -> None:
    sys.stdout.write(f"{json.dumps(told, indent=2, default=str)}\n")
