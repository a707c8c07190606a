"""Runs mini-batches in a process of their own, which is replaced when it hangs."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .script import answer_of, begun, shut_down, work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from .batches import MiniBatch
    from .settings import Settings

_SPAWNED = multiprocessing.get_context("spawn")  # a script's threads do not survive a fork
_SHUTDOWN_SECONDS = 60.0


class MiniBatchError(RuntimeError):
    """A mini-batch has failed; the message says why."""


@dataclass(frozen=True)
class Scored:
    """What run() returned: how many items, and the header and lines that it is written as."""

    count: int = 0
    header: str = ""
    lines: Sequence[str] = ()


class DebuggedScript:
    """The script in this very process, so that `breakpoint()` in it can ask and be answered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._script = begun(settings)

    def answer(self, batch: MiniBatch) -> Scored:
        """Return what run() does; what it raises ends the process."""
        return Scored(*answer_of(self._script, batch, self._settings))

    def stop(self) -> str:
        shut_down(self._script)
        return ""


class Worker:
    """One process that has run the script's init() and takes mini-batches one by one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parent, self._process = self._start()

    def answer(self, batch: MiniBatch) -> Scored:
        """Return what run() does; raises MiniBatchError if it raises, takes too long, or dies."""
        reason = f"it took longer than {self._settings.timeout:g} s"
        try:
            self._parent.send(batch)
            if self._parent.poll(self._settings.timeout):
                return self._answer(self._parent)
        except (EOFError, OSError):
            reason = "its process died"
        # A new process: a script that hangs cannot be stopped in its own.
        self._end()
        self._parent, self._process = self._start()
        raise MiniBatchError(reason)

    def stop(self) -> str:
        """End the process after the script's shutdown(); return what shutdown() has raised."""
        try:
            self._parent.send(None)
            if self._parent.poll(_SHUTDOWN_SECONDS):
                self._answer(self._parent)
        except (EOFError, OSError) as error:
            return f"its process died: {error}"
        except MiniBatchError as error:
            return str(error)
        finally:
            self._end()
        return ""

    def _end(self) -> None:
        self._process.terminate()
        self._process.join()
        self._parent.close()

    def _start(self) -> tuple[Connection, multiprocessing.process.BaseProcess]:
        parent, child = _SPAWNED.Pipe()
        process = _SPAWNED.Process(target=work, args=(child, self._settings), daemon=True)
        process.start()
        child.close()
        try:
            self._answer(parent)
        except EOFError:
            raise MiniBatchError("init() ended its process") from None
        return parent, process

    def _answer(self, parent: Connection) -> Scored:
        error, *answer = parent.recv()
        if error:
            raise MiniBatchError(error)
        return Scored(*answer)
