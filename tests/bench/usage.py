"""What work costs this process and all that it starts: seconds, memory, bytes, Spark's jobs."""

from __future__ import annotations

import ctypes
import os
import resource
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psutil

from tests.bench.event_log import EventLogs, Executed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # of prctl(2)
_LOOK_SECONDS = 1.0
_END_SECONDS = 60.0


@dataclass(frozen=True)
class Usage:
    """What some work cost.

    `cpu_seconds` is of all processes, those that have ended too. `peak_bytes` is the largest sum of
    their proportional set sizes that was seen, once a second. `read_bytes` and `written_bytes` went
    through read and write calls, to files, pipes or sockets, whether or not a disk was touched.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    read_bytes: int
    written_bytes: int
    executed: Executed


class MeterError(RuntimeError):
    """Work left processes that did not end."""


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans, so that none of them is missed."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl cannot make this process a subreaper")


def measure(work: Callable[[], object], *, events: Path) -> Usage:
    """Do `work`, and return its cost; its seconds end with it, all else when its processes end.

    A process that was there before may go on. `events` is the folder of Spark's event logs. Raises
    MeterError when a new process outlives the work by a minute.
    """
    return _measure(work, EventLogs(events), _await_new)


def measure_kept(work: Callable[[], object], *, events: Path) -> Usage:
    """Do `work`, which may leave processes for the next one, and return its cost until its end."""
    return _measure(work, EventLogs(events), lambda _: None)


def _measure(
    work: Callable[[], object], logs: EventLogs, await_processes: Callable[[Collection[int]], None]
) -> Usage:
    there = {process.pid for process in _descendants()}
    logs.skip()
    before = _spent()
    with _Peak() as peak:
        began = time.monotonic()
        work()
        seconds = time.monotonic() - began
        await_processes(there)
    after = _spent()
    return Usage(
        seconds,
        after.cpu_seconds - before.cpu_seconds - peak.cpu_seconds,
        peak.bytes,
        after.read - before.read,
        after.written - before.written,
        logs.executed(),
    )


def _await_new(there: Collection[int]) -> None:
    deadline = time.monotonic() + _END_SECONDS
    while left := [each for each in _living() if each.pid not in there]:
        if time.monotonic() > deadline:
            raise MeterError(f"these processes did not end: {[each.pid for each in left]}")
        time.sleep(0.02)


@dataclass(frozen=True)
class _Spent:
    """What this process, those that it has waited for, and those that live have spent so far."""

    cpu_seconds: float
    read: int
    written: int


def _spent() -> _Spent:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, read, written = time.process_time() + ended.ru_utime + ended.ru_stime, 0, 0
    for process in (psutil.Process(), *_descendants()):
        # The kernel adds the bytes of children that were waited for to those of their parent, and
        # keeps their seconds apart; this process's own are counted above.
        with suppress(psutil.NoSuchProcess):
            cpu += 0 if process.pid == os.getpid() else sum(process.cpu_times()[:4])
            moved = process.io_counters()
            read, written = read + moved.read_chars, written + moved.write_chars
    return _Spent(cpu, read, written)


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _living() -> list[psutil.Process]:
    """Return the descendants that live; orphans that have ended are waited for."""
    return [process for process in _descendants() if not _has_ended(process)]


def _has_ended(process: psutil.Process) -> bool:
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return False
        if process.ppid() != os.getpid():
            return True
        # An orphan: who starts a child here has waited for it by now. A JVM's first thread is a
        # zombie before its others have ended, and the JVM cannot be waited for until they have.
        return os.waitpid(process.pid, os.WNOHANG)[0] == process.pid
    except (psutil.NoSuchProcess, ChildProcessError):
        return True


class _Peak:
    """Looks at the memory of this process and its descendants, until it is left."""

    def __init__(self) -> None:
        self.bytes = 0
        self.cpu_seconds = 0.0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        is_over = False
        while not is_over:
            self.bytes = max(self.bytes, _memory((psutil.Process(), *_descendants())))
            is_over = self._ends.wait(_LOOK_SECONDS)
        self.cpu_seconds = time.thread_time()


def _memory(processes: Iterable[psutil.Process]) -> int:
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total
