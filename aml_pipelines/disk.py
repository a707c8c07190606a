"""Says in one sentence what a disk has refused: where, why, how much is free, and what helps."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL_DATABASE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_REFUSED_DATABASE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_PRIMARY_CODE = 0xFF  # of SQLite's codes, which say more in the bits above


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Name `file` on an error of the block, which says nothing of where a write has failed."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        error.add_note(str(file))
        raise


def is_full_disk(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


def disk_problem(error: Exception) -> str | None:
    """Return the sentence of an error of a disk; None of any other, and where it has no place."""
    notes: list[str] = getattr(error, "__notes__", [])
    if isinstance(error, sqlite3.OperationalError) and notes:
        code = error.sqlite_errorcode & _PRIMARY_CODE
        is_full, is_refused = code in _FULL_DATABASE, code in _REFUSED_DATABASE
        where, why = notes[0], str(error)
    elif isinstance(error, OSError) and (error.filename or notes):
        is_full, is_refused = error.errno in _FULL, error.errno in _REFUSED
        where, why = str(error.filename2 or error.filename or notes[0]), str(error.strerror)
    else:
        return None
    if is_full:
        free = shutil.disk_usage(_folder(Path(where))).free
        return (
            f"{where}: cannot be written: {why}; {free:,} bytes are free there: free some space, "
            "and type the same command again"
        )
    if is_refused:
        return f"{where}: {why}; let this user write there, and type the same command again"
    return None


def _folder(file: Path) -> Path:
    return next(folder for folder in file.absolute().parents if folder.is_dir())
