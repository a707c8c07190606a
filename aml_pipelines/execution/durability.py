"""What a completed node has written outlives a power cut, and what was cut off is mended after one.

Spark, Delta and most programs of users return before the kernel has written their files to the
disk. A machine that stops then leaves files that are missing, empty or cut, with names that say
nothing of it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from aml_pipelines.execution.delta_tails import mend_table
from aml_pipelines.files import read_json, write_json
from aml_pipelines.locks import hold

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTE = "settled.json"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Times of files are those of the kernel's last tick.
_TICK_NS = 20_000_000


def settle(state: Path) -> None:
    """Return when all that was written before would outlive a power cut; note so in `state`."""
    began = time.time_ns()
    os.sync()
    write_json(state / _NOTE, {"boot": boot(), "settled_ns": began})


def mend_after_restart(lake: Path, state: Path) -> list[str]:
    """Bring a folder's tables back to what was on the disk when the machine stopped.

    Does nothing but after a restart. Returns a line on each table that was mended; the caller holds
    the lake's lock. What is gone was written by nodes that had not completed: they run again.
    """
    note = state / _NOTE
    with hold(state / ".settling", {"mends": str(lake)}):
        settled = read_json(note) if note.is_file() else {}
        if settled.get("boot") == boot():
            return []
        mended = list(_mend(lake, settled["settled_ns"] - _TICK_NS)) if settled else []
        settle(state)
    return mended


def boot() -> str:
    """Return a name of the time since the machine started."""
    if _BOOT_ID.is_file():
        return _BOOT_ID.read_text("utf-8").strip()
    return str(round(psutil.boot_time()))


def _mend(lake: Path, since_ns: int) -> Iterator[str]:
    for checksum in lake.rglob(".*.crc"):
        # Hadoop reads no file whose checksum is of other bytes, and any file that has none.
        if checksum.stat().st_mtime_ns >= since_ns:
            checksum.unlink()
    for log in sorted(lake.rglob("_delta_log")):
        told = mend_table(log.parent, since_ns)
        if told:
            yield told
