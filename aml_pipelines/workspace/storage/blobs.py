"""Serves a folder's files as blobs; MD5, content type and metadata are kept in SQLite.

This is ours and not Azurite: the files of the lake must be plain files, which Spark reads and
writes without it, and Azurite stores blobs in its own format.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from aml_pipelines.files import flush_to_disk, whole_file
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.blob_pieces import Joined, Readable, copy_pieces
from aml_pipelines.workspace.store.sqlite import SqliteFile
from conf.errors import UserError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

Hides = Callable[[PurePath], bool]
OCTETS = "application/octet-stream"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 255  # bytes, of a name in the file system
_LONGEST_BLOCK_ID = 88  # of 64 bytes, in base64
_TABLES = """
CREATE TABLE blob (
  file TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL,
  md5 TEXT, content_type TEXT NOT NULL, metadata TEXT NOT NULL);
"""
_SAVE = "INSERT OR REPLACE INTO blob VALUES (?, ?, ?, ?, ?, ?)"


class BlobError(UserError):
    """A blob does not exist, may not exist, or is not as the caller says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class BlobInfo:
    """The properties of a blob besides its content."""

    md5: str | None = None
    content_type: str = OCTETS
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blob:
    """A blob as it is now; `modified` is in nanoseconds, `info.md5` in base64 if it is known."""

    name: str
    path: Path
    size: int
    modified: int
    info: BlobInfo

    @property
    def etag(self) -> str:
        """A tag that changes when content or metadata change."""
        facts = json.dumps([self.size, self.modified, dict(self.info.metadata)])
        return f'"0x{hashlib.sha256(facts.encode()).hexdigest()[:16].upper()}"'


def hides_nothing(_: PurePath) -> bool:
    return False


class BlobFolder:
    """The files below `folder` as blobs, but for paths in it that `hides` is true of.

    Other processes may write the files too: a blob's properties hold until its file changes.
    """

    def __init__(self, folder: Path, *, state: Path, hides: Hides = hides_nothing) -> None:
        self.folder = folder.resolve()
        self._state = state.resolve()
        self._hides = hides
        self._database = SqliteFile(StateFolder(state).blobs_database, _TABLES)
        self._staged = StateFolder(self._state).staged_blocks
        self._writing = threading.Lock()

    def blob(self, name: str) -> Blob:
        """Find a blob; raises BlobError if there is none, or its name leads out of the folder."""
        blob = self._describe(name, self._path(name))
        if not blob:
            raise BlobError("BlobNotFound", f"there is no blob {name!r}")
        return blob

    def blobs(self, names: Sequence[str]) -> list[Blob]:
        """Return those of the blobs `names` that exist."""
        with self._database.reading() as connection:
            blobs = [
                self._read(connection, name, path)
                for name in names
                if (path := _resolved(self.folder / name))
            ]
        return [blob for blob in blobs if blob and blob.path.is_relative_to(self.folder)]

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of all blobs that begin with `prefix`, in order."""
        beginning = self._path(prefix.rpartition("/")[0] or ".")
        # Azure lists blobs by their whole names, which is not the order of folders.
        listed: list[str] = []
        for folder, folders, files in os.walk(beginning):
            within = Path(folder).relative_to(self.folder)
            folders[:] = [name for name in folders if not self._hides(within / name)]
            below = [str(within / file) for file in files if not self._hides(within / file)]
            listed += [name for name in below if name.startswith(prefix)]
        yield from sorted(listed)

    def write(
        self,
        name: str,
        content: Readable,
        info: BlobInfo,
        *,
        unless: Callable[[Blob | None], None],
    ) -> Blob:
        """Write a blob in one step; `unless` gets the present blob and may raise to refuse.

        Raises BlobError if `info` has an MD5 that is not the content's.
        """
        path = self._path(name)
        self._staged.mkdir(parents=True, exist_ok=True)
        # No `whole_file`: the old blob is judged under the lock, between the writing and the name.
        part = self._staged / uuid.uuid4().hex
        try:
            with part.open("wb") as written:
                md5 = copy_pieces(content, written)
                flush_to_disk(written)
            if info.md5 not in (None, md5):
                raise BlobError("Md5Mismatch", f"MD5 is {md5!r}, not {info.md5!r}")
            with self._writing:
                if path.is_dir():
                    raise BlobError("ResourceTypeMismatch", f"{name!r} is a folder")
                unless(self._describe(name, path))
                _make_folder(path.parent, name)
                with _restored(path, part.with_suffix(".before")):
                    part.replace(path)
                    kept = BlobInfo(md5, info.content_type, info.metadata)
                    return self._save_info(name, path, kept)
        finally:
            part.unlink(missing_ok=True)

    def set_metadata(self, name: str, metadata: Mapping[str, str]) -> Blob:
        """Replace a blob's metadata."""
        with self._writing:
            blob = self.blob(name)
            info = BlobInfo(blob.info.md5, blob.info.content_type, metadata)
            return self._save_info(name, blob.path, info)

    def delete(self, name: str, *, unless: Callable[[Blob | None], None]) -> None:
        with self._writing:
            blob = self.blob(name)
            unless(blob)
            blob.path.unlink()
            with self._database.writing() as connection:
                connection.execute("DELETE FROM blob WHERE file = ?", (self._key(blob.path),))

    def put_block(self, name: str, block: str, content: Readable, md5: str | None) -> None:
        """Store a block until its blob is committed; raises BlobError as `write` does."""
        folder = self._blocks(name)
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / _block_file(block)) as written:
            computed = copy_pieces(content, written)
            if md5 not in (None, computed):
                raise BlobError("Md5Mismatch", f"MD5 is {computed!r}, not {md5!r}")

    def staged(self, name: str) -> list[tuple[str, int]]:
        """List the blocks of a blob that is not committed yet, with their sizes."""
        folder = self._blocks(name)
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        blocks = [file for file in files if not file.name.startswith(".")]
        return [(bytes.fromhex(file.name).decode(), file.stat().st_size) for file in blocks]

    def commit(
        self,
        name: str,
        blocks: Sequence[str],
        info: BlobInfo,
        *,
        unless: Callable[[Blob | None], None],
    ) -> Blob:
        """Join blocks to a blob, in their order; raises BlobError if one was not put."""
        folder = self._blocks(name)
        files = [folder / _block_file(block) for block in blocks]
        if not all(file.is_file() for file in files):
            raise BlobError("InvalidBlockList", f"a block of {name!r} was not put")
        blob = self.write(name, Joined(files), info, unless=unless)
        shutil.rmtree(self._blocks(name), ignore_errors=True)
        return blob

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if _UNPRINTABLE.search(name) or max(len(part.encode()) for part in parts) > _LONGEST:
            raise BlobError(
                "InvalidUri",
                f"{name[:_LONGEST]!r} has a character that does not print, or a part of more than "
                f"{_LONGEST} bytes",
            )
        path = _resolved(self.folder / name)
        if path is None or not path.is_relative_to(self.folder) or ".." in parts:
            raise BlobError("InvalidUri", f"{name!r} leads out of its container")
        if self._hides(path.relative_to(self.folder)):
            raise BlobError("AuthorizationPermissionMismatch", f"{name!r} is the workspace's own")
        return path

    def _blocks(self, name: str) -> Path:
        return self._staged / hashlib.sha256(str(self._path(name)).encode()).hexdigest()

    def _key(self, path: Path) -> str:
        # SQLite has no text for a name that is not UTF-8.
        return os.fsencode(path.relative_to(self._state)).decode(errors="backslashreplace")

    def _describe(self, name: str, path: Path) -> Blob | None:
        with self._database.reading() as connection:
            return self._read(connection, name, path)

    def _read(self, connection: sqlite3.Connection, name: str, path: Path) -> Blob | None:
        if not path.is_file() or not path.is_relative_to(self._state):
            return None
        status = path.stat()
        # By size and time: a file that Spark has written since has other properties.
        row = connection.execute(
            "SELECT md5, content_type, metadata FROM blob"
            " WHERE file = ? AND size = ? AND modified = ?",
            (self._key(path), status.st_size, status.st_mtime_ns),
        ).fetchone()
        info = BlobInfo(row[0], row[1], json.loads(row[2])) if row else BlobInfo()
        return Blob(name, path, status.st_size, status.st_mtime_ns, info)

    def _save_info(self, name: str, path: Path, info: BlobInfo) -> Blob:
        status = path.stat()
        row = (self._key(path), status.st_size, status.st_mtime_ns, info.md5, info.content_type)
        with self._database.writing() as connection:
            connection.execute(_SAVE, (*row, json.dumps(dict(info.metadata))))
        return Blob(name, path, status.st_size, status.st_mtime_ns, info)


@contextmanager
def _restored(file: Path, before: Path) -> Iterator[None]:
    """Undo the replacement of `file` when the block raises; `before` is a name for what was there.

    What is known of a blob is known by its size and time, which a second name keeps.
    """
    was_there = file.is_file()
    if was_there:
        os.link(file, before)
    try:
        yield
    except BaseException:
        if was_there:
            before.replace(file)
        else:
            file.unlink(missing_ok=True)
        raise
    finally:
        before.unlink(missing_ok=True)


def _resolved(path: Path) -> Path | None:
    """Return `path` without links; None for links that lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return None


def _block_file(block: str) -> str:
    if not 0 < len(block) <= _LONGEST_BLOCK_ID:
        raise BlobError("InvalidQueryParameterValue", "blockid is no base64 of 1 to 64 bytes")
    return block.encode().hex()  # an id of at most 64 bytes in base64, of which `/` is one


def _make_folder(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise BlobError("ResourceTypeMismatch", f"{name!r} has a file for a folder") from None
