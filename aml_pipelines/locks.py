"""File locks between processes: the kernel releases one when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from aml_pipelines.disk import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LOGGER = logging.getLogger(__name__)
_PATIENCE_SECONDS = 0.2
_LOOK_SECONDS = 0.02


class LockedError(RuntimeError):
    """Another process holds a lock; `holder` is what it wrote about itself."""

    def __init__(self, holder: Mapping[str, str]) -> None:
        super().__init__(f"held by {json.dumps(dict(holder))}")
        self.holder = holder


@contextmanager
def hold(file: Path, holder: Mapping[str, str], *, name: str = "") -> Iterator[None]:
    """Hold the lock `file` while the block runs; wait for another holder.

    With a `name`, the wait is logged, with what the other holder wrote about itself.
    """
    with _opened(file) as lock:
        if not _take(lock):
            if name:
                LOGGER.warning("waiting for %s, which is held by %s", name, _text(lock))
            fcntl.flock(lock, fcntl.LOCK_EX)
        with _signed(lock, holder):
            yield


@contextmanager
def hold_at_once(file: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock `file` while the block runs; raise LockedError when another process does."""
    with _opened(file) as lock:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _take(lock):
            # `is_held` takes the lock for a moment: that is no holder.
            if time.monotonic() > deadline:
                raise LockedError(_holder(lock))
            time.sleep(_LOOK_SECONDS)
        with _signed(lock, holder):
            yield


def is_held(file: Path) -> bool:
    """Return whether a process holds the lock `file`; its text may be that of a dead one."""
    if not file.is_file():
        return False
    with file.open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def holder_of(file: Path) -> dict[str, str]:
    """Return what the holder of the lock `file` wrote about itself; empty when there is none."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8") as lock:
        return _holder(lock)


@contextmanager
def exclusive(lake: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of a lake: local Delta tables are safe within one JVM only."""
    with hold(lake / ".lock", holder, name=f"the lake {lake}"):
        yield


@contextmanager
def shared(lake: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of a lake together with others that hold it so, and with no `exclusive` one."""
    with _opened(lake / ".lock") as lock:
        if not _take(lock, fcntl.LOCK_SH):
            LOGGER.warning("waiting for the lake %s, which is held by %s", lake, _text(lock))
            fcntl.flock(lock, fcntl.LOCK_SH)
        with _signed(lock, holder):
            yield


@contextmanager
def _opened(file: Path) -> Iterator[IO[str]]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with writing(file), file.open("a+", encoding="utf-8") as lock:
        yield lock


def _take(lock: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _signed(lock: IO[str], holder: Mapping[str, str]) -> Iterator[None]:
    lock.truncate(0)
    lock.write(json.dumps({"pid": str(os.getpid()), **holder}) + "\n")
    lock.flush()
    try:
        yield
    finally:
        lock.truncate(0)


def _text(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip()


def _holder(lock: IO[str]) -> dict[str, str]:
    text = _text(lock)
    holder: dict[str, str] = json.loads(text) if text else {}
    return holder
