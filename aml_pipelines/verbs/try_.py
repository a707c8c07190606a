"""`try`: judge a file by the contract of a dataset, and write nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.table import Table

from aml_pipelines.console import say, show_table
from aml_pipelines.errors import CommandFailedError
from aml_pipelines.execution.jvm.warm import WarmJvm
from aml_pipelines.files import private_files, read_json
from aml_pipelines.inherited import inherited_variables
from aml_pipelines.repository import COMPONENTS
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.document import ConfError
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from conf.dataset import Dataset
    from conf.target import Target

GOOD, TOO_MANY_BROKEN = 0, 1
_STEP = COMPONENTS / "try_file"
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
    """Return 0 if the contract tolerates as many broken rows as there are, else 1."""
    target = command_target(arguments.target)
    if not target.is_local:
        raise ConfError(f"target {target.name!r} is a workspace in Azure; try works here only")
    contract = load_dataset(arguments.dataset)
    contract.source_or_error(arguments.source)
    place = Path(arguments.file).absolute()
    if not any(place.parent.glob(place.name)):
        raise ConfError(f"{arguments.file}: there is no such file")
    trial = _trial(place, target, arguments)
    if arguments.json:
        sys.stdout.write(f"{json.dumps(trial, indent=2)}\n")
    else:
        _show(trial, contract)
    broken: int = trial["verdicts"]["quarantined"]
    is_tolerated = broken <= contract.max_quarantined * trial["rows"]
    return GOOD if is_tolerated else TOO_MANY_BROKEN


def _trial(place: Path, target: Target, arguments: argparse.Namespace) -> dict[str, Any]:
    """Judge the files in the JVM that runs share; raise CommandFailedError if that fails."""
    stated = yaml.safe_load((_STEP / "component.yml").read_text(encoding="utf-8"))
    conf: Mapping[str, str] = {key: str(value) for key, value in stated["conf"].items()}
    with private_files(), tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        warm = WarmJvm(
            memory=conf["spark.driver.memory"],
            master=target.spark.master,
            folder=folder / "jvm",
            environment={},
        )
        with warm as jvm, jvm.prepared(conf) as variables:
            done = _run_step(place, folder, arguments, variables)
        _require_success(done)  # out here: a file that is refused costs no JVM
        return read_json(folder / "trial.json")


def _run_step(
    place: Path, folder: Path, arguments: argparse.Namespace, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    asked = {
        "dataset": arguments.dataset,
        "source": arguments.source,
        "files": f"file:{place}",  # as Spark writes it in the metadata of rows
        "rows": str(0 if arguments.whole else _SAMPLE),
        "examples": str(_EXAMPLES),
        "verdicts": folder.as_uri(),
    }
    return subprocess.run(
        [sys.executable, str(_STEP / "try_file.py"), *(f"--{k}={v}" for k, v in asked.items())],
        # Not a snapshot but the files themselves: errors name those that the user has.
        env={**inherited_variables(), **variables, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _require_success(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        *_, last = done.stderr.strip().splitlines() or ["the step has said nothing"]
        # Without the name of the exception's class.
        kind, _, said = last.partition(": ")
        raise CommandFailedError(said if said and " " not in kind else last)


def _show(trial: Mapping[str, Any], contract: Dataset) -> None:
    verdicts = trial["verdicts"]
    judged = f"{trial['rows']:,} rows" if trial["is_whole"] else f"the first {trial['rows']:,} rows"
    say(
        f"{contract.name}: of {judged} {verdicts['valid']:,} are valid, "
        f"{verdicts['quarantined']:,} would be quarantined, "
        f"{verdicts['duplicate']:,} are duplicates of others"
    )
    if not trial["broken_rules"]:
        return
    rules = Table("rule", "rows that break it", box=None)
    for name, count in trial["broken_rules"].items():
        rules.add_row(name, f"{count:,}")
    show_table(rules)
    examples = Table("broken rules", "row", box=None)
    for example in trial["examples"]:
        examples.add_row(_named(example["rules"]), _shortened(example["text"]))
    show_table(examples)


def _named(rules: Sequence[str]) -> str:
    more = len(rules) - _MOST_RULES
    return ", ".join([*rules[:_MOST_RULES], *([f"and {more} more"] if more > 0 else [])])


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
