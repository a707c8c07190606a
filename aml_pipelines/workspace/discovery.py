"""Finds the process that serves a workspace: a file with its address, and a lock that it holds."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json, write_json
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from conf.target import Target

COMMAND = "python -m aml_pipelines workspace"
_LOOK_SECONDS = 0.02  # another process may hold the lock for a moment, to see if it is held
_LOOKS = 10


class NotServedError(UserError):
    """No process serves the workspace."""


class AlreadyServedError(UserError):
    """Another process serves the workspace already."""


def refuse_unserved(target: Target) -> None:
    """Raise NotServedError for a target whose lake is there only while pipelines run."""
    if not target.has_folder:
        raise NotServedError(
            f"the workspace of target {target.name!r} is there only while 'run' is, as its lake is "
            "no folder; the target 'local' has one to serve"
        )


def read_serving(state: Path) -> Mapping[str, str]:
    """Return the variables by which `MLClient` finds the workspace of `state`, and signs in.

    Raises NotServedError, naming the command that serves it, when no process does.
    """
    file = StateFolder(state).serving
    if not file.is_file() or not _is_held(state):
        raise NotServedError(
            f"the workspace of {state} is not served; in another shell, start: {COMMAND}"
        )
    env: Mapping[str, str] = read_json(file)["env"]
    return env


@contextmanager
def serving_alone(state: Path) -> Iterator[None]:
    """Lock `state` for the one process that serves it; raises AlreadyServedError naming another."""
    lock_file = StateFolder(state).serving_lock
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a+", encoding="utf-8") as lock:
        if not _take(lock):
            lock.seek(0)
            raise AlreadyServedError(
                f"the workspace of {state} is served already, by process {lock.read().strip()}; "
                f"use that one: {COMMAND} --env"
            )
        # The lock is what counts; the number is for the message to the next one.
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield
        finally:
            StateFolder(state).serving.unlink(missing_ok=True)


def announce(state: Path, env: Mapping[str, str]) -> None:
    """Write `env`, which has a secret, to a file that only this user may read."""
    write_json(StateFolder(state).serving, {"pid": os.getpid(), "env": dict(env)}, mode=0o600)


def _take(lock: IO[str]) -> bool:
    for _ in range(_LOOKS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return True
    return False


def _is_held(state: Path) -> bool:
    # The kernel lets go of a lock when its holder dies, however; a pid may be another's by then.
    with StateFolder(state).serving_lock.open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
