"""Finds a JVM that an earlier run has left for the next one, or starts one that will be left."""

from __future__ import annotations

import hashlib
import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.jvm.keeper import BUSY, DONE, STOP, TAKE, TELL
from aml_pipelines.execution.kept import connect, keep, kept_folder, places, tell_to_stop
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Runs at once that have the same settings; a further one has a JVM for itself.
_AT_ONCE = 2
_KEEPER = "aml_pipelines.execution.jvm.keeper"
_SUFFIX = ".jvm"


@dataclass(frozen=True)
class LentJvm:
    """A JVM that a keeper lends to this run, for as long as `connection` is open."""

    port: int
    secret: str
    log: Path
    connection: socket.socket

    def end(self) -> None:
        """End the JVM: something may run in it that is to have no effect any more."""
        with suppress(OSError), self.connection:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.recv(1)  # its keeper ends after it

    def give_back(self) -> None:
        """Leave the JVM to the next run; nothing of this one may run in it any more."""
        with suppress(OSError), self.connection:
            self.connection.sendall(DONE)


@dataclass(frozen=True)
class KeptJvm:
    """A JVM that is kept, and whether a run has it now."""

    pid: int
    is_used: bool
    log: Path


def take_jvm(command: Sequence[str], environment: Mapping[str, str]) -> LentJvm | None:
    """Return a JVM that was started by `command` with `environment`, or will be.

    Returns None where none can be kept: no folder is this user's alone, or all are taken.
    """
    folder = kept_folder()
    if folder is None:
        return None
    key = _key(command, environment)
    for number in range(_AT_ONCE):
        place = folder / f"{key}-{number}{_SUFFIX}"
        lent = _ask(place)
        # If it is not started here, a run has its JVM.
        if lent is None and keep(place, _KEEPER, environment, ["--", *command]):
            lent = _ask(place)
        if lent:
            return lent
    return None


def kept_jvms() -> list[KeptJvm]:
    """List the JVMs that are kept."""
    found = []
    for place in places(_SUFFIX):
        connection = connect(place)
        if connection is None:
            continue
        with connection:
            answer = _answer(connection, TELL)
        if answer:
            told = json.loads(answer)
            found.append(KeptJvm(told["pid"], told["is_used"], Path(told["log"])))
    return found


def stop_kept_jvms() -> int:
    """End the JVMs that are kept, also those that a run has; returns how many there were."""
    return sum(tell_to_stop(place, STOP) for place in places(_SUFFIX))


def _key(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what JVMs that can stand in for each other have in common."""
    jars = sorted(
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for file in Path(command[0]).parents[1].glob("jars/*.jar")
    )
    facts = json.dumps([list(command), dict(environment), jars, str(REPOSITORY)], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _ask(place: Path) -> LentJvm | None:
    """Ask the keeper at `place` for its JVM; None if there is none, or a run has it."""
    connection = connect(place)
    if connection is None:
        return None
    answer = _answer(connection, TAKE)
    if answer in (b"", BUSY):
        connection.close()
        return None
    told = json.loads(answer)
    return LentJvm(told["port"], told["secret"], Path(told["log"]), connection)


def _answer(connection: socket.socket, word: bytes) -> bytes:
    """Send a word; returns the keeper's answer, empty from one that has ended."""
    try:
        connection.sendall(word)
        return connection.makefile("rb").readline()
    except OSError:
        return b""
