"""Bring files of a user's into the raw folder of a lake, below the path that a source states."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.pipeline.lake import OpenLake


@dataclass(frozen=True)
class Placed:
    """Files, their paths in the lake, and the glob of these; they may be there already."""

    glob: str
    paths: dict[Path, str]
    is_there: bool


def place(files: Sequence[Path], folder: str, lake: Path | None) -> Placed:
    """Find where files are to be below the `folder` of a lake, or where they are in it.

    Folders named `column=value` stay part of a path. `lake` is None where it is no folder here.
    """
    parent = _parent(files)
    below = {file: file.relative_to(parent).as_posix() for file in files}
    depths = {path.count("/") for path in below.values()}
    if len(depths) > 1:
        raise UserError(
            f"the files lie at different depths below {parent}; a source has one pattern: bring "
            "them into folders of one depth"
        )
    pattern = "*/" * depths.pop() + f"*{_ending(files)}"
    if lake and parent.is_relative_to(lake):
        start = parent.relative_to(lake).as_posix()
        paths = {file: file.relative_to(lake).as_posix() for file in files}
        return Placed(f"{start}/{pattern}", paths, is_there=True)
    paths = {file: f"{folder}/{path}" for file, path in below.items()}
    return Placed(f"{folder}/{pattern}", paths, is_there=False)


def copy(placed: Placed, lake: OpenLake) -> None:
    """Copy files to a lake, each whole or not at all."""
    for file, path in placed.paths.items():
        with file.open("rb") as stream:
            lake.write_file(path, stream)


def _parent(files: Sequence[Path]) -> Path:
    parent = Path(os.path.commonpath([file.parent for file in files]))
    while "=" in parent.name:
        parent = parent.parent
    return parent


def _ending(files: Sequence[Path]) -> str:
    """Return the ending that all files have, such as `.csv.gz`."""
    endings = ["".join(file.suffixes[-2:]) for file in files]
    for candidate in (endings[0], files[0].suffix):
        if candidate and all(file.name.endswith(candidate) for file in files):
            return candidate
    return ""
