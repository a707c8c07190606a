"""Runs scripts in forks of a process that has imported what this project's steps import.

The imports of MLflow, azure-ai-ml and scikit-learn take four seconds of a core, which each command
node would pay. A fork has them at once, and is otherwise a process of its own: with the folder, the
variables, the files and the arguments of the Python that asked, in a session of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import types
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Of what steps import, what takes long; none of it starts a thread of Python, or opens anything.
IMPORTED = (
    *("numpy", "pandas", "pyarrow.parquet", "mlflow", "mlflow.sklearn", "mlflow.pyfunc"),
    *("azure.identity", "azure.ai.ml", "scipy.stats", "sklearn.ensemble", "sklearn.linear_model"),
    *("sklearn.compose", "sklearn.impute", "sklearn.metrics", "matplotlib.figure", "jinja2"),
)
READY = b"r"
_PACKAGE = "aml_pipelines"
_LOOK_SECONDS = 1.0
_FILES = 3  # standard input, output and errors
_LENGTH = struct.Struct("!I")
_STATUS = struct.Struct("!i")
STOP = _LENGTH.pack(0)


def ready_file(place: Path) -> Path:
    """Return the file that is there when the server at `place` has imported all."""
    return place.with_suffix(".ready")


class Server:
    """Forks for whoever connects, until nobody has for `idle` seconds."""

    def __init__(self, listening: socket.socket, idle: float) -> None:
        self._listening = listening
        self._idle = idle
        self._waiting: dict[int, socket.socket] = {}
        self._woken, waking = socket.socketpair()
        for end in (self._woken, waking):
            end.setblocking(False)  # noqa: FBT003 # as it is
        self._waking = waking
        # The end of a fork wakes the server.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking.fileno())

    def serve(self) -> Callable[[], None] | None:
        """Return None when unused for long, and in a fork what it is to do."""
        last_used = time.monotonic()
        while True:
            ready, _, _ = select.select([self._listening, self._woken], [], [], _LOOK_SECONDS)
            if self._woken in ready:
                self._woken.recv(1024)
            self._answer_ended()
            if self._listening in ready:
                connection, _ = self._listening.accept()
                pid = os.fork()
                if not pid:
                    return self._forked(connection)
                self._waiting[pid] = connection
            if self._waiting or ready:
                last_used = time.monotonic()
            elif time.monotonic() - last_used > self._idle:
                return None

    def _answer_ended(self) -> None:
        while self._waiting:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with suppress(OSError), self._waiting.pop(pid) as connection:
                connection.sendall(_STATUS.pack(os.waitstatus_to_exitcode(status)))

    def _forked(self, connection: socket.socket) -> Callable[[], None]:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for item in (self._listening, self._woken, self._waking, *self._waiting.values()):
            item.close()
        return lambda: _run(connection)


def _run(connection: socket.socket) -> None:
    """Become the Python that asked, and run its script."""
    try:
        connection.sendall(READY)
        asked = _received(connection)
    except OSError:
        return  # it runs its script itself
    os.setsid()
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    script = asked["arguments"][0]
    sys.argv = asked["arguments"]
    sys.executable = asked["executable"]
    _forget_this_repository()
    sys.path.insert(0, str(Path(script).resolve().parent))
    sys.modules["numpy"].random.seed()  # forks of one process would draw the same numbers
    _run_script(str(Path(script).absolute()))


def _forget_this_repository() -> None:
    """Leave nothing importable but packages: a script brings what it imports in its snapshot."""
    repository = str(Path(__file__).parents[3])
    sys.path[:] = [item for item in sys.path if item not in ("", repository)]
    for name in [name for name in sys.modules if name.split(".")[0] == _PACKAGE]:
        del sys.modules[name]


def _received(connection: socket.socket) -> dict[str, Any]:
    """Read what is asked; the files that came with it become this process's own."""
    head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _FILES)
    if head == STOP:
        os.kill(os.getppid(), signal.SIGTERM)
    if not descriptors:
        raise ConnectionError("it has gone, or asked for the end of the server")
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    (length,) = _LENGTH.unpack(head)
    body = connection.makefile("rb").read(length)
    asked: dict[str, Any] = json.loads(body)
    return asked


def _end_with(connection: socket.socket) -> None:
    """End this session when the Python that asked is killed."""
    with suppress(OSError):
        connection.recv(1)
    os.killpg(0, signal.SIGKILL)


def _run_script(script: str) -> None:
    """Run a file as Python runs one that it is given."""
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    try:
        code = compile(Path(script).read_bytes(), script, "exec")
        exec(code, module.__dict__)  # noqa: S102 # it is what was asked for
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 # as Python does
        # Without the frame of this module.
        frames = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, frames)
        raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1) from None


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listening", type=int, required=True, help="a listening descriptor")
    parser.add_argument("--place", type=Path, required=True, help="the path of its socket")
    parser.add_argument("--idle", type=float, required=True, help="seconds")
    arguments = parser.parse_args(words)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # what was imported is never collected: forks share its pages
    place: Path = arguments.place
    server, ours = os.getpid(), _name_of(place)
    ready_file(place).touch()
    try:
        todo = Server(socket.socket(fileno=arguments.listening), arguments.idle).serve()
    finally:
        # Another server may have been given its name.
        if os.getpid() == server and ours == _name_of(place):
            ready_file(place).unlink(missing_ok=True)
            place.unlink()
    if todo:
        todo()


def _name_of(place: Path) -> int:
    return place.stat().st_ino if place.exists() else 0


if __name__ == "__main__":
    main(sys.argv[1:])
