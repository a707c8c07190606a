"""`release`: write the scores of a batch that an incident has held back."""

from __future__ import annotations

import getpass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.execution.jvm.script import run_script
from aml_pipelines.execution.lakes import alone_with_lake
from aml_pipelines.execution.record import now
from aml_pipelines.targets import add_target_argument, command_target
from conf.dataset import load_dataset
from conf.errors import UserError

if TYPE_CHECKING:
    import argparse

    from conf.target import Target

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", metavar="BATCH", help="its name, as `health` prints it")
    parser.add_argument("--dataset", help="the dataset of the batch (the one that has it)")
    parser.add_argument("--by", help="who releases it (default: the user of this machine)")
    add_target_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Release a batch; a release that is interrupted is finished by the same command."""
    target, batch = command_target(arguments.target), str(arguments.batch)
    person = arguments.by or getpass.getuser()
    if not (target.is_local and target.has_folder):
        raise UserError(
            f"the lake of target {target.name!r} is no folder here; submit the component: "
            f"python -m aml_pipelines submit release --target {target.option} --as-of now "
            f"--set inputs.dataset=… --set inputs.batch={quote(batch)} "
            f"--set inputs.person={quote(person)}"
        )
    name = load_dataset(arguments.dataset or _dataset_of(batch, target)).name
    asked = {
        "lake": target.lake,
        "dataset": name,
        "batch": batch,
        "person": person,
        "as_of": now(),
    }
    with alone_with_lake(target, f"release {batch}"):
        done = run_script("release", asked, target, output="released")
    if done["models"]:
        say(f"{name}: {done['rows']:,} rows of batch {batch} are written, released by {person}")
    else:
        say(f"{name}: batch {batch} was released before, by {done['person']}; nothing was written")
    return DONE


def _dataset_of(batch: str, target: Target) -> str:
    """Return the dataset that a batch is of; raises UserError where there is none, or several."""
    folders = Path(target.lake, "batches").glob("*/*")
    found = sorted({folder.parent.name for folder in folders if folder.name == batch})
    if len(found) == 1:
        return found[0]
    held = f"datasets {found} have it: name one with --dataset" if found else "no dataset has it"
    raise UserError(f"batch {batch!r}: {held}; python -m aml_pipelines health names what is held")
