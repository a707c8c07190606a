"""One run at a time on a lake: local Delta tables are safe within one JVM only."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LOGGER = logging.getLogger(__name__)


@contextmanager
def exclusive(lake: Path, holder: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of `lake`; waits for another holder, saying who it is."""
    lake.mkdir(parents=True, exist_ok=True)
    with (lake / ".lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            LOGGER.warning(
                "waiting for the lake %s, which is held by %s", lake, lock.read().strip()
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), **holder}) + "\n")
        lock.flush()
        yield
        lock.truncate(0)
