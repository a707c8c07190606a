"""The records of runs, and the nodes of which they say that they never completed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aml_pipelines.files import read_json
from aml_pipelines.pipeline.job_outputs import RUN_RECORD

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
    """Yield the nodes that began and never completed; the caller holds the lake's lock."""
    for run, record in run_records(folder):
        for node, told in record["nodes"].items():
            if told["status"] != COMPLETED:
                yield Unfinished(run, node, is_cut_off=record["status"] == RUNNING)
