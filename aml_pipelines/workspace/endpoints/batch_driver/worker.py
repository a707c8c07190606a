"""Scores mini-batches in a process of their own, which is replaced when it hangs."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

_SPAWNED = multiprocessing.get_context("spawn")  # a script's threads do not survive a fork


class MiniBatchError(RuntimeError):
    """A mini-batch was not scored; the message says why."""


class Worker:
    """One process that has run the script's init() and scores mini-batches one by one."""

    def __init__(self, script: Path) -> None:
        self._script = script
        self._start()

    def score(self, files: Sequence[str], timeout: float) -> list[str]:
        """Score a mini-batch; returns a text for each item of run()'s answer.

        Raises MiniBatchError when run() does, takes longer than `timeout` seconds, or dies.
        """
        reason = f"it took longer than {timeout:g} s"
        try:
            self._parent.send(list(files))
            if self._parent.poll(timeout):
                return self._answer()
        except (EOFError, OSError):
            reason = "its process died"
        # A new process: a script that hangs cannot be stopped in its own.
        self.stop()
        self._start()
        raise MiniBatchError(reason)

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self._parent.close()

    def _start(self) -> None:
        self._parent, child = _SPAWNED.Pipe()
        self._process = _SPAWNED.Process(target=_work, args=(child, self._script), daemon=True)
        self._process.start()
        child.close()
        try:
            self._answer()
        except EOFError:
            raise MiniBatchError("init() ended its process") from None

    def _answer(self) -> list[str]:
        error, items = self._parent.recv()
        if error:
            raise MiniBatchError(error)
        texts: list[str] = items
        return texts


def _work(parent: Connection, script: Path) -> None:
    sys.path.insert(0, str(script.parent))
    os.chdir(script.parent)
    try:
        scoring: Any = importlib.import_module(script.stem)
        if hasattr(scoring, "init"):
            scoring.init()
    except Exception:  # noqa: BLE001 # the parent says what it is
        parent.send((f"init() failed: {traceback.format_exc()}", []))
        return
    parent.send(("", []))
    while True:
        files = parent.recv()
        try:
            parent.send(("", _texts(scoring.run(files))))
        except Exception:  # noqa: BLE001 # same
            parent.send((traceback.format_exc(), []))


def _texts(answer: Any) -> list[str]:  # noqa: ANN401 # a list, or a frame of pandas
    if hasattr(answer, "to_csv"):
        return str(answer.to_csv(index=False, header=False)).splitlines()
    return [str(item) for item in answer]
