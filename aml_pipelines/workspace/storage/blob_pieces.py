"""Reads and copies blobs piece by piece, so that none is ever whole in memory."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PIECE = 1 << 20


class Readable(Protocol):
    """A source of bytes; an empty read is its end."""

    def read(self, size: int = -1, /) -> bytes: ...


class Joined:
    """Files read as one."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._pieces = (piece for file in files for piece in read_pieces(file))

    def read(self, _size: int = -1, /) -> bytes:
        return next(self._pieces, b"")


def read_pieces(file: Path, begin: int = 0, length: int | None = None) -> Iterator[bytes]:
    """Read a part of `file`, a piece at a time."""
    with file.open("rb") as source:
        source.seek(begin)
        left = length if length is not None else os.fstat(source.fileno()).st_size
        while left > 0 and (piece := source.read(min(left, PIECE))):
            left -= len(piece)
            yield piece


def copy_pieces(source: Readable, target: IO[bytes]) -> str:
    """Copy the rest of `source`; returns its MD5 in base64."""
    digest = hashlib.md5(usedforsecurity=False)
    while piece := source.read(PIECE):
        digest.update(piece)
        target.write(piece)
    return base64.b64encode(digest.digest()).decode()
