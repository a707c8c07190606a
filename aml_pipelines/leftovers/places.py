"""The places of a lake beside its tables, and what is left in each that nothing names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.leftovers.runs import unfinished_nodes
from aml_pipelines.pipeline.job_outputs import RUN_RECORD
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.pipeline.own_paths import is_own
from aml_pipelines.workspace.jobs.store import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aml_pipelines.leftovers.named import NamedPaths
    from aml_pipelines.workspace.state import StateFolder

    Find = Callable[[StateFolder, NamedPaths], Iterator[Path]]

# What a node leaves in its own folder beside its log: that tells what happened, and stays.
_OF_A_NODE = ("snapshot", "outputs", "environment")
# As `files` and the stores of SQLite name what they have not finished.
_UNFINISHED = re.compile(
    r"\..+\.[0-9a-f]{32}\.part|.+\.db\.[0-9a-f]{32}(-journal|-shm|-wal)?", re.DOTALL
)


def outputs_of_nodes(folder: StateFolder, named: NamedPaths) -> Iterator[Path]:
    """Yield what nodes that never completed have put elsewhere in the lake, such as MLTables."""
    places = [
        place
        for place in sorted(folder.root.iterdir())
        if place.is_dir() and place != folder.runs and not is_own(Path(place.name))
    ]
    for node in unfinished_nodes(folder):
        for place in places:
            yield from _unnamed(place / run_of_node(node.run, node.node), named)


def files_of_runs(folder: StateFolder, named: NamedPaths) -> Iterator[Path]:
    """Yield code and half outputs of the nodes in which a run was cut off."""
    for node in unfinished_nodes(folder):
        if node.is_cut_off:
            for name in _OF_A_NODE:
                yield from _unnamed(folder.runs / node.run / node.node / name, named)


def unfinished_files(folder: StateFolder, _: NamedPaths) -> Iterator[Path]:
    """Yield the files and folders that were to get another name when they are whole."""
    for name, folders, files in os.walk(folder.root):
        within = Path(name)
        unfinished = [entry for entry in (*folders, *files) if _UNFINISHED.fullmatch(entry)]
        if within == folder.staged_blocks:
            folders.clear()
        elif unfinished == [*folders, *files] and _is_of_a_record(unfinished):
            yield within  # a run that ended before it had a record
        else:
            yield from (within / entry for entry in unfinished)
            folders[:] = [entry for entry in folders if entry not in unfinished]


def staged_blocks(folder: StateFolder, _: NamedPaths) -> Iterator[Path]:
    """Yield the blocks of blobs that were never committed."""
    yield from _entries(folder.staged_blocks)


def uploads(folder: StateFolder, named: NamedPaths) -> Iterator[Path]:
    """Yield uploads, mostly of code, that were never registered."""
    for container in _entries(folder.uploads):
        if container.name not in named.containers:
            yield from _unnamed(container, named)


def folders_of_jobs(folder: StateFolder, _: NamedPaths) -> Iterator[Path]:
    """Yield the files of jobs that were never put into the queue."""
    jobs = Jobs(folder.root)
    for entry in _entries(folder.job("")):
        if entry.is_dir() and not jobs.find(entry.name):
            yield entry


# Those of the first group are written under the lake's lock alone.
UNDER_THE_LOCK: Mapping[str, Find] = {
    "outputs of nodes": outputs_of_nodes,
    "files of runs": files_of_runs,
}
WITHOUT_IT: Mapping[str, Find] = {
    "unfinished files": unfinished_files,
    "staged blocks": staged_blocks,
    "uploads": uploads,
    "files of jobs": folders_of_jobs,
}


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_of_a_record(unfinished: list[str]) -> bool:
    return any(entry.startswith(f".{RUN_RECORD}.") for entry in unfinished)


def _unnamed(path: Path, named: NamedPaths) -> Iterator[Path]:
    """Yield `path`, or what of it nothing names where something within it is named."""
    if not path.exists() or named.has(path):
        return
    if not named.has_within(path):
        yield path
        return
    for entry in _entries(path):
        yield from _unnamed(entry, named)
