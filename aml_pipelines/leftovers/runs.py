"""The records of runs, and the nodes of which they say that they never completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.files import read_json
from aml_pipelines.pipeline.job_outputs import RUN_RECORD
from aml_pipelines.workspace.jobs.store import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.workspace.state import StateFolder

COMPLETED, RUNNING = "Completed", "Running"


@dataclass(frozen=True)
class Unfinished:
    """A node that never completed; its run was cut off where its record still says Running."""

    run: str
    node: str
    is_cut_off: bool


def run_records(folder: StateFolder) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each run of a lake, with its record."""
    for file in sorted(folder.runs.glob(f"*/{RUN_RECORD}")):
        yield file.parent.name, read_json(file)


def unfinished_nodes(folder: StateFolder) -> Iterator[Unfinished]:
    """Yield the nodes that never completed, and never will; the caller holds the lake's lock."""
    # A job that touches nothing of the lake runs without its lock.
    at_work = {job.name for job in Jobs(folder.root).all() if not job.is_final}
    for run, record in run_records(folder):
        if run in at_work:
            continue
        for node, told in record["nodes"].items():
            if told["status"] != COMPLETED:
                yield Unfinished(run, node, is_cut_off=record["status"] == RUNNING)
