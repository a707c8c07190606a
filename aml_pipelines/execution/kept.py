"""Processes that runs leave for the next one: where they listen, and for how long they wait."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.locks import hold
from conf.errors import UserError
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Seconds for which a process waits for the next run; 0 leaves none.
IDLE_VARIABLE, IDLE_SECONDS = "AML_PIPELINES_IDLE_SECONDS", 600.0
FOLDER_VARIABLE = "AML_PIPELINES_KEPT"
_ANSWER_SECONDS = 90.0


def idle_seconds() -> float:
    """Return for how long processes wait for the next run; raises UserError for no number."""
    stated = os.environ.get(IDLE_VARIABLE) or IDLE_SECONDS
    try:
        return float(stated)
    except ValueError:
        raise UserError(
            f"{IDLE_VARIABLE} is {stated!r}; it is a number of seconds, 0 to keep nothing"
        ) from None


def kept_folder() -> Path | None:
    """Return the folder of their sockets; None if none is kept, or another user may enter it."""
    if not idle_seconds():
        return None
    stated = os.environ.get(FOLDER_VARIABLE)
    # Short: the path of a socket may have 100 letters only.
    folder = Path(stated or Path(tempfile.gettempdir(), f"aml-pipelines-{os.getuid()}"))
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    is_ours = status.st_uid == os.getuid() and not status.st_mode & 0o077
    return folder if is_ours and stat.S_ISDIR(status.st_mode) else None


def places(suffix: str) -> Iterator[Path]:
    """Yield the paths of the sockets whose names end so."""
    folder = kept_folder()
    yield from sorted(folder.glob(f"*{suffix}")) if folder else ()


def connect(place: Path) -> socket.socket | None:
    """Connect to the process that listens at `place`; None if there is none."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_ANSWER_SECONDS)
    try:
        connection.connect(str(place))
    except OSError:
        connection.close()
        return None
    return connection


def tell_to_stop(place: Path, word: bytes, *, greets: bool = False) -> bool:
    """Send `word` to the process at `place`, and wait for its end; returns whether it was there.

    One that `greets` says something first.
    """
    connection = connect(place)
    if connection is None:
        return False
    with connection, suppress(OSError):
        if greets:
            connection.recv(1)
        connection.sendall(word)
        connection.recv(1)  # it closes the connection
    return True


def keep(
    place: Path,
    module: str,
    environment: Mapping[str, str],
    arguments: Sequence[str] = (),
    *,
    left: Sequence[Path] = (),
) -> bool:
    """Start `module` as a process that outlives this one, unless one listens at `place`.

    It is given its listening socket, its place and its time to wait; the files that one which was
    killed has `left` are deleted first. Returns whether it was started; clients may connect at
    once.
    """
    with hold(place.with_name("lock"), {"doing": f"start {module}"}):
        connection = connect(place)
        if connection:
            connection.close()
            return False
        for file in (place, *left):
            file.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
            listening.listen()
            words = [f"--listening={listening.fileno()}", f"--place={place}"]
            words += [f"--idle={idle_seconds()}", *arguments]
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
    # Nobody waits for it: it outlives this process, and Popen would complain of that.
    process.returncode = 0
    return True
