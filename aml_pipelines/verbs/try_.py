"""`try`: judge a file by the contract of a dataset, and write nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from aml_pipelines.console import say, show_table
from aml_pipelines.drafts.asked import judge_files
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import DATASETS, load_dataset
from conf.document import ConfError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from conf.dataset import Dataset

GOOD, TOO_MANY_BROKEN = 0, 1
_SAMPLE = 10_000
_EXAMPLES = 10
_LONGEST_TEXT = 160
_MOST_RULES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", help="a dataset of conf/datasets")
    parser.add_argument("file", metavar="FILE", help="a file, or a pattern in quotes")
    parser.add_argument("--source", default="history", help="whose format it has (history)")
    parser.add_argument(
        "--whole", action="store_true", help=f"judge all rows, not the first {_SAMPLE:,} alone"
    )
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Return 0 if the contract tolerates what is broken, else 1."""
    target = command_target(arguments.target)
    if not target.is_local:
        raise ConfError(f"target {target.name!r} is a workspace in Azure; try works here only")
    contract = load_dataset(arguments.dataset)
    contract.source_or_error(arguments.source)
    place = Path(arguments.file).absolute()
    if not any(place.parent.glob(place.name)):
        raise ConfError(f"{arguments.file}: there is no such file")
    trial = judge_files(
        [f"file:{place}"],  # as Spark writes it in the metadata of rows
        contract.name,
        target,
        contracts=DATASETS,
        source=arguments.source,
        rows=0 if arguments.whole else _SAMPLE,
        examples=_EXAMPLES,
    )
    if arguments.json:
        sys.stdout.write(f"{json.dumps(trial, indent=2)}\n")
    else:
        _show(trial, contract)
    broken: int = trial["verdicts"]["quarantined"]
    is_tolerated = broken <= contract.max_quarantined * trial["rows"]
    return GOOD if is_tolerated and not trial["failing"] else TOO_MANY_BROKEN


def _show(trial: Mapping[str, Any], contract: Dataset) -> None:
    verdicts = trial["verdicts"]
    judged = f"{trial['rows']:,} rows" if trial["is_whole"] else f"the first {trial['rows']:,} rows"
    deleted = f", {verdicts['deleted']:,} delete theirs" if "deleted" in verdicts else ""
    say(
        f"{contract.name}: of {judged} {verdicts['valid']:,} are valid, "
        f"{verdicts['quarantined']:,} would be quarantined, "
        f"{verdicts['duplicate']:,} are duplicates of others{deleted}"
    )
    if trial["unjudged"]:
        say(f"not looked at, for they need what the lake has: {', '.join(trial['unjudged'])}")
    if trial["failing"]:
        say(f"more rows than tolerated break {', '.join(trial['failing'])}: clean would fail")
    _show_rules(trial["broken_rules"], "rule", "rows that break it")
    _show_rules(trial["warnings"], "rule that warns", "valid rows that break it")
    if not trial["examples"]:
        return
    examples = Table("broken rules", "row", box=None)
    for example in trial["examples"]:
        examples.add_row(_named(example["rules"]), _shortened(example["text"]))
    show_table(examples)


def _show_rules(counts: Mapping[str, int], *columns: str) -> None:
    if counts:
        rules = Table(*columns, box=None)
        for name, count in counts.items():
            rules.add_row(name, f"{count:,}")
        show_table(rules)


def _named(rules: Sequence[str]) -> str:
    more = len(rules) - _MOST_RULES
    return ", ".join([*rules[:_MOST_RULES], *([f"and {more} more"] if more > 0 else [])])


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
