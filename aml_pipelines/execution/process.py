"""The process of a node: where it runs, and what it leaves beside its outputs."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.console import say
from aml_pipelines.execution.tracking import KEPT_FOLDERS
from aml_pipelines.processes import run_in_foreground

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.pipeline.plan import PlannedNode


@dataclass(frozen=True)
class Workplace:
    """The staged snapshot that a node runs in, its variables, and its log."""

    folder: Path
    environment: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class Ran:
    """What a node tells of its run beside its outputs: the properties of its job.

    A node of control flow has `decided` whether the nodes that it guards run, and has `more` nodes
    to be run: when it is among them itself, it has not ended yet.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    decided: bool | None = None
    more: tuple[PlannedNode, ...] = ()


@contextmanager
def kept(run: str, folder: Path, context: RunContext) -> Iterator[None]:
    """Make ./outputs and ./logs for the block, and keep what it writes there, also if it fails."""
    for name in KEPT_FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    try:
        yield
    finally:
        for name in KEPT_FOLDERS:
            if any((folder / name).iterdir()):
                to = context.tracking.artifacts(run) / name
                shutil.copytree(folder / name, to, dirs_exist_ok=True)


def run_process(
    arguments: Sequence[str], node: PlannedNode, place: Workplace, context: RunContext
) -> Ran:
    """Run a node that is one process; raises NodeFailedError for any end but success."""
    if context.in_foreground:
        say(f"  {node.name} runs in {place.folder} and stops at breakpoint()")
        run_in_foreground(arguments, folder=place.folder, environment=place.environment)
    else:
        context.processes.run(
            arguments,
            folder=place.folder,
            environment=place.environment,
            log=place.log,
            timeout=node.timeout,
        )
    return Ran()
