"""`fetch`: bring the data elsewhere that job files name to this machine, for runs without network.

What is there already is not fetched again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from aml_pipelines.console import say
from aml_pipelines.errors import CommandFailedError, PipelineError
from aml_pipelines.execution.fetch import fetch
from aml_pipelines.pipeline.addresses import is_elsewhere
from aml_pipelines.pipeline.named_addresses import addresses_named_in
from aml_pipelines.targets import add_target_argument, command_target
from aml_pipelines.workspace.store.addresses import addresses_in

if TYPE_CHECKING:
    import argparse

DONE = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="FILE|ADDRESS",
        help="a job file, or an address such as https://…, wasbs://… or abfss://…",
    )
    add_target_argument(parser)
    parser.add_argument("--again", action="store_true", help="also what is there already")


def main(arguments: argparse.Namespace) -> int:
    target = command_target(arguments.target)
    if not target.is_local:
        raise PipelineError(f"target {target.name!r} is in Azure, which reads addresses")
    addresses = addresses_in(Path(target.state), target.data)
    wrong = []
    for address in _addresses(arguments.sources):
        place = addresses.find(address)
        if place and not (arguments.again and not addresses.mapped_to(address)):
            say(f"{address} is at {place}")
            continue
        try:
            place = _fetch(address, addresses.fetched or Path())
        except CommandFailedError as error:
            wrong.append(str(error))
        else:
            say(f"{address} is at {place}")
    if wrong:
        raise CommandFailedError("\n".join(wrong))
    return DONE


def _addresses(sources: list[str]) -> list[str]:
    found: list[str] = []
    for source in sources:
        if is_elsewhere(source):
            found.append(source)
        elif Path(source).is_file():
            found += addresses_named_in(Path(source))
        else:
            raise PipelineError(f"{source!r} is neither a file nor an address of data elsewhere")
    return list(dict.fromkeys(found))


def _fetch(address: str, fetched: Path) -> Path:
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(address.partition("?")[0])

        def report(got: int, expected: int) -> None:
            progress.update(task, completed=got, total=expected or None)

        return fetch(address, fetched, report)
