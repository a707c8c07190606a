"""Files that are whole at every moment, whoever reads them and whatever ends their writer."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from aml_pipelines.disk import writing
from conf import faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def whole_file(file: Path, *, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Replace `file` by what the block writes, in one step; `mode` is lessened by the umask.

    When the block raises, the old file stays. Its content is on the disk before its name is: after
    a power cut the name leads to the old bytes or to all of the new ones.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # A random name: two threads of one process write one file at once, so a pid would not do.
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with writing(file), os.fdopen(descriptor, "wb") as stream:
            yield stream
            flush_to_disk(stream)
        with faults.around("rename", str(file)):
            part.replace(file)
        _sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def private_files() -> Iterator[None]:
    """Let what this process and its children write in the block be its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def flush_to_disk(stream: IO[bytes]) -> None:
    """Return when what was written to `stream` would outlive a power cut."""
    stream.flush()
    os.fsync(stream.fileno())


def write_whole(file: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write `content` to `file` in one step."""
    with whole_file(file, mode=mode) as stream:
        stream.write(content)


def write_json(file: Path, content: Mapping[str, Any], *, mode: int = 0o666) -> None:
    """Write `content` to `file` as JSON, in one step."""
    write_whole(file, (json.dumps(content, indent=2, default=str) + "\n").encode(), mode=mode)


def lay_copy(source: Path, copy: Path) -> None:
    """Copy the folder `source` to `copy`, whole or not at all, unless there is a folder already."""
    if copy.is_dir():
        return
    part = copy.with_name(f".{copy.name}.{uuid.uuid4().hex}.part")
    shutil.copytree(source, part, copy_function=shutil.copyfile)
    os.sync()  # after a power cut too
    try:
        with faults.around("rename", str(copy)):
            part.rename(copy)
    except OSError:
        # Another process was first.
        shutil.rmtree(part)
        if not copy.is_dir():
            raise


def read_json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def texts_in(value: object) -> Iterator[str]:
    """Yield all texts of what JSON may hold, but for the names of fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def path_below(folder: Path, text: str) -> str:
    """Return a path as it is below a folder: `text` itself unless it leads into the folder."""
    path = Path(text).absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else text
