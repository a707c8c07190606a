"""Files and folders that were found in a place, with their sizes, and how they are removed."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Leftover:
    """A file or a folder, by its path in the lake, with its size in bytes."""

    path: str
    bytes: int


@dataclass(frozen=True)
class Found:
    """What nothing names in one place, and how much more of it is too young to be removed."""

    place: str
    leftovers: tuple[Leftover, ...]
    younger: int = 0

    @property
    def bytes(self) -> int:
        return sum(leftover.bytes for leftover in self.leftovers)


def found_in(place: str, paths: Iterable[Path], *, root: Path, unchanged_since: float) -> Found:
    """Describe `paths` below `root`; those changed after a moment, in seconds, are too young."""
    old, younger = [], 0
    for path in dict.fromkeys(paths):
        states = [item.lstat() for item in _all(path)]
        if max(state.st_mtime for state in states) > unchanged_since:
            younger += 1
        else:
            size = sum(state.st_size for state in states if not S_ISDIR(state.st_mode))
            old.append(Leftover(path.relative_to(root).as_posix(), size))
    return Found(place, tuple(old), younger)


def remove(leftover: Leftover, root: Path) -> None:
    """Remove a file or a folder; what is left of one that was broken off is found again."""
    path = root / leftover.path
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _all(path: Path) -> Iterator[Path]:
    yield path
    for within, folders, files in os.walk(path):
        yield from (Path(within, name) for name in (*folders, *files))
