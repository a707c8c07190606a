"""Hashes of files and folders by content, and listings by size and time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTHING = "nothing"


def content_hash(path: Path) -> str:
    """Return a hash of the names and bytes of a file or folder; times do not count."""
    if not path.exists():
        return _NOTHING
    hashed = hashlib.sha256()
    for name, digest in file_hashes(path).items():
        hashed.update(f"{name}\0{digest}\n".encode())
    return hashed.hexdigest()


def file_hashes(path: Path) -> dict[str, str]:
    """Map each file of a folder to the hash of its bytes; a file is its own, with an empty name."""
    hashes = {}
    for file in _files(path):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        hashes["" if file == path else str(file.relative_to(path))] = digest
    return hashes


def listing(path: Path) -> dict[str, tuple[int, int]]:
    """Map every file to its size and time of change: cheap, and enough to notice a writer."""
    stats = {str(file): file.stat() for file in _files(path)}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for root, folders, names in os.walk(path):
        folders.sort()
        # Sorted: the order in which a file system lists a folder must not change the hash.
        for name in sorted(names):
            yield Path(root, name)
