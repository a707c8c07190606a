"""The MLTables that nodes get: with local paths alone, or evaluated to the files they name."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.pipeline.mltable_file import (
    MLTABLE,
    NamedPath,
    files_of,
    named_paths,
    read_mltable,
    with_paths,
)
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Here = Callable[[str], str]


@dataclass(frozen=True)
class StagedTable:
    """A table as a node gets it, and the files and folders whose content it shows."""

    place: Path
    sources: tuple[Path, ...]


def staged_table(table: Path, to: Path, here: Here) -> StagedTable | None:
    """Lay the MLTable in the folder `table` at `to`, with local paths in place of all others.

    None for a table whose paths are local, or stay as they are, which needs no other place. `here`
    returns the local path of an address, or raises UserError. Raises NodeFailedError naming a path
    that is not here.
    """
    content, paths = _localised(table, here)
    if all(stated.is_local or stated == local for stated, local in paths):
        return None
    _empty(to)
    for entry in table.iterdir():
        if entry.name != MLTABLE:
            (to / entry.name).symlink_to(entry)
    (to / MLTABLE).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    # A path outside of the table that is still an address is in a lake that is served.
    elsewhere = [file for _, path in paths if path.is_local for file in files_of(path, table)]
    outside = (file for file in elsewhere if not file.is_relative_to(table))
    return StagedTable(to, (table, *outside))


def evaluated_table(table: Path, to: Path, here: Here) -> StagedTable:
    """Lay the files that the MLTable in the folder `table` names below `to`, as a folder.

    Raises NodeFailedError when it names none, or a path that is not here.
    """
    files = list(dict.fromkeys(_named_files(table, here)))
    if not files:
        raise NodeFailedError(f"was not started: {table / MLTABLE} names no file")
    _empty(to)
    top = os.path.commonpath([file.parent for file in files])
    for file in files:
        _lay(file, to / file.relative_to(top))
    return StagedTable(to, tuple(files))


def _named_files(table: Path, here: Here) -> Iterator[Path]:
    for _, path in _localised(table, here)[1]:
        if not path.is_local:
            raise NodeFailedError(
                f"was not started: {table / MLTABLE} names {path.text!r}, which is no file here; "
                "give the input mode ro_mount"
            )
        for file in files_of(path, table):
            if not file.is_file():
                raise NodeFailedError(
                    f"was not started: {table / MLTABLE} names {path.text!r}: {file} does not exist"
                )
            yield file.resolve()


def _localised(
    table: Path, here: Here
) -> tuple[dict[str, object], list[tuple[NamedPath, NamedPath]]]:
    """Return an MLTable file with local paths, and each of its paths as stated and as local."""

    def local(path: NamedPath) -> str:
        # Absolute: a relative path would begin at the staged table.
        return str(table / path.local) if path.is_local else here(path.text)

    try:
        stated = read_mltable(table)
        content = with_paths(stated, local)
    except UserError as error:
        raise NodeFailedError(f"was not started: {table / MLTABLE}: {error}") from error
    return content, list(zip(named_paths(stated), named_paths(content), strict=True))


def _lay(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    # No symbolic links: `find -type f` and many a reader pass them over.
    try:
        to.hardlink_to(file)
    except OSError:
        shutil.copy2(file, to)  # the file is on another disk


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
