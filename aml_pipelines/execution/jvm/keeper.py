"""The process that keeps a JVM between runs: one run at a time has it, and unused it ends.

A run that has the JVM holds a connection. When that ends without a word, the run was killed, and
the JVM with what it may still be doing is killed at once: it must not write to a lake that the next
run has.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.jvm.start import JvmError, StartedJvm, start_jvm

if TYPE_CHECKING:
    from collections.abc import Sequence

TAKE, DONE, STOP, TELL = b"take\n", b"done\n", b"stop\n", b"tell\n"
BUSY = b"busy\n"
LONGEST_WORD = 16
_WORD_SECONDS = 5.0
_GRACE_SECONDS = 5.0
_LOOK_SECONDS = 1.0


class Keeper:
    """Lends a JVM to one run at a time, until nobody has asked for it for `idle` seconds."""

    def __init__(self, listening: socket.socket, jvm: StartedJvm, log: Path, idle: float) -> None:
        self._listening = listening
        self._jvm = jvm
        self._log = log
        self._idle = idle
        self._user: socket.socket | None = None
        self._free_since = time.monotonic()

    def serve(self) -> float:
        """Return when the JVM is to end, with the seconds that it has to clean up behind itself."""
        while self._jvm.child.is_running:
            waiting = [self._listening, *([self._user] if self._user else [])]
            ready, _, _ = select.select(waiting, [], [], _LOOK_SECONDS)
            if self._user in ready and not self._is_given_back(self._user):
                return 0
            if self._listening in ready and not self._is_to_go_on():
                return _GRACE_SECONDS
            if not self._user and time.monotonic() - self._free_since > self._idle:
                return _GRACE_SECONDS
        return 0

    def _is_given_back(self, user: socket.socket) -> bool:
        if _word(user) != DONE:
            return False
        user.close()
        self._user, self._free_since = None, time.monotonic()
        return True

    def close(self) -> None:
        """Let those go on who wait for the end of the JVM."""
        if self._user:
            self._user.close()

    def _is_to_go_on(self) -> bool:
        connection, _ = self._listening.accept()
        word = _word(connection)
        if word == STOP or not self._jvm.child.is_running:
            self._user = connection
            return False
        if word == TAKE and not self._user:
            _say(connection, port=self._jvm.port, secret=self._jvm.secret, log=str(self._log))
            self._user = connection
            return True
        if word == TELL:
            is_used = self._user is not None
            _say(connection, pid=self._jvm.child.pid, is_used=is_used, log=str(self._log))
        if word == TAKE:
            with suppress(OSError):
                connection.sendall(BUSY)
        connection.close()
        return True


def _say(connection: socket.socket, **said: object) -> None:
    with suppress(OSError):  # the other side has gone
        connection.sendall(f"{json.dumps(said)}\n".encode())


def _word(connection: socket.socket) -> bytes:
    """Read a word; empty where the other side has ended, or says nothing in time."""
    connection.settimeout(_WORD_SECONDS)
    try:
        return connection.recv(LONGEST_WORD)
    except OSError:
        return b""


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listening", type=int, required=True, help="a listening descriptor")
    parser.add_argument("--place", type=Path, required=True, help="the path of its socket")
    parser.add_argument("--idle", type=float, required=True, help="seconds")
    parser.add_argument("command", nargs="+", metavar="-- COMMAND")
    arguments = parser.parse_args(words)
    # Ctrl-C is for the run that is on the terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    place: Path = arguments.place
    with socket.socket(fileno=arguments.listening) as listening:
        try:
            _keep(listening, place, arguments.command, arguments.idle)
        except JvmError:
            place.unlink(missing_ok=True)
            return 1  # a run that asked starts a JVM of its own, which says why
    return 0


def _keep(listening: socket.socket, place: Path, command: list[str], idle: float) -> None:
    log = place.with_suffix(".log")
    jvm = start_jvm(command, os.environ, folder=place.with_suffix(""), log=log)
    keeper, grace = Keeper(listening, jvm, log, idle), 0.0
    try:
        grace = keeper.serve()
    finally:
        # Before all else, and while it listens: the name is free for another keeper's socket.
        place.unlink(missing_ok=True)
        jvm.child.end(grace=grace)
        keeper.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
