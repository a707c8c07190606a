"""`backfill`: score past days with any version of a model, beside the scores that are there."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.errors import UserError
from conf.model import load_model

if TYPE_CHECKING:
    import argparse

_HISTORY = "history"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("scores",), help="what is made anew")
    parser.add_argument("--model", required=True, metavar="NAME:VERSION", help="such as late:3")
    parser.add_argument("--from", dest="first", required=True, metavar="DAY", help="2024-01-01")
    parser.add_argument("--to", dest="last", required=True, metavar="DAY", help="with this day")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the command that does it, and do nothing"
    )
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Run, or submit, batch inference with one version of a model on all rows of some days."""
    target = command_target(arguments.target)
    words = words_of(arguments.model, arguments.first, arguments.last)
    verb = "run" if target.is_local else "submit"
    typed = [verb, "batch_inference", *words, "--target", arguments.target]
    say(f"python -m aml_pipelines {' '.join(typed)}")
    if arguments.dry_run:
        return 0
    command = [sys.executable, "-m", "aml_pipelines", *typed]
    return subprocess.run(command, check=False).returncode


def words_of(model: str, first: str, last: str) -> list[str]:
    """Return the settings of batch inference for one version of a model and a range of days.

    Raises UserError for a model without a version, for what is no day, and for no range of them.
    """
    name, _, version = model.partition(":")
    if not version.isdigit():
        raise UserError(f"--model {model!r} names no version; write NAME:VERSION, such as {name}:3")
    contract = load_dataset(load_model(name).dataset)
    days = [_day(option, text) for option, text in (("--from", first), ("--to", last))]
    if days[1] < days[0]:
        raise UserError(f"--to {last} is before --from {first}")
    source = _HISTORY if _HISTORY in contract.sources else next(iter(contract.sources))
    inputs = {
        "dataset": contract.name,
        "source": source,
        "model_name": name,
        "model_version": version,
        "first_day": days[0].isoformat(),
        "last_day": days[1].isoformat(),
    }
    return [word for key, value in inputs.items() for word in ("--set", f"inputs.{key}={value}")]


def _day(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{option} {text!r} is no day; write it as 2024-01-31") from error
