"""Names places of a job's body: a client has never seen the files that are made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from conf.yaml_lines import TEXT_TO_BOOLEAN, Entry, read_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def name_places(problem: str, folder: Path) -> str:
    """Return `problem` with the fields of the job in place of the lines of its files in `folder`.

    A line of a component's file becomes that field of the component that the node names.
    """
    line = re.compile(rf"(?:\S*/)?{re.escape(folder.name)}/(?P<file>\S+\.yml):(?P<line>\d+)")
    return line.sub(lambda match: _named(folder / match["file"], int(match["line"])), problem)


def _named(file: Path, line: int) -> str:
    entries = read_entries(file, scalars=TEXT_TO_BOOLEAN, report=lambda *_: None)
    paths = [".".join(path) for path, entry in _fields(entries) if entry.place.line == line]
    # What is wrong with the whole is reported at its first line.
    field = "job" if line == entries.place.line or not paths else paths[0]
    return field if file.parent.name != "components" else f"component of {file.stem!r}: {field}"


def _fields(entry: Entry, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Entry]]:
    if isinstance(entry.value, Mapping):
        for name, child in entry.value.items():
            yield (*path, name), child
            yield from _fields(child, (*path, name))
