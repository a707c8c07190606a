"""Child processes: each leads a group, writes to a log, and ends when its parent does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from aml_pipelines.errors import CommandFailedError, NodeFailedError
from aml_pipelines.strays import end_strays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 5.0


class Child:
    """A running process, and every process in its group.

    Its standard input is a pipe whose other end its parent holds, so that the end of the parent,
    whatever way it comes, is seen as the end of the input: `end_with_parent` waits for that.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path | None = None,
        descriptors: Sequence[int] = (),
        speaks: bool = False,
        reads: bool = True,
    ) -> None:
        """Start the process; `speaks` keeps its standard output, which else goes to `log` too."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                arguments,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
                stdout=subprocess.PIPE if speaks else written,
                stderr=written,
                pass_fds=descriptors,
                # Ctrl-C is for the parent alone, which ends its children in good order.
                start_new_session=True,
            )
        self.pid = self._process.pid
        self.log = log

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def speech(self) -> IO[bytes]:
        """The standard output of a process that was started with `speaks`."""
        if self._process.stdout is None:
            raise ValueError("the process was started without speaks=True")
        return self._process.stdout

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code. Raises TimeoutExpired after `timeout` seconds."""
        return self._process.wait(timeout)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process alone, which ends what it has started in good order."""
        self._process.terminate()

    def release(self, *, grace: float = _GRACE_SECONDS) -> None:
        """Close the process's input, which it takes for its parent's end; kill it after `grace`."""
        self._close(self._process.stdin)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self._kill()

    def end(self, *, grace: float | None = _GRACE_SECONDS) -> None:
        """Send SIGTERM to the group and kill it after `grace` seconds; None waits without end.

        What has ended already may have left processes behind in its group: they are killed too.
        """
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self._kill()
        self._close(self._process.stdin)

    def kill(self) -> None:
        """Send SIGKILL to the group, as a machine that is lost does."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _kill(self) -> None:
        self.kill()
        self._process.wait()
        self._close(self._process.stdout)

    def _close(self, pipe: IO[bytes] | None) -> None:
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()


@dataclass
class Processes:
    """The processes of the nodes that run now, which end together when a run is cancelled."""

    running: set[Child] = field(default_factory=set)
    is_ending: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        timeout: float | None,
    ) -> None:
        """Run a process to its end; raise NodeFailedError for any end but success."""
        with self.started(arguments, folder=folder, environment=environment, log=log) as child:
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                raise NodeFailedError(f"took longer than limits.timeout, {timeout:g} s") from None
        require_success(code)

    @contextmanager
    def started(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
    ) -> Iterator[Child]:
        """Start a process that ends with the block, and all that it has started then too.

        Raises NodeFailedError in a cancelled run.
        """
        began = time.time()
        with self.lock:
            if self.is_ending:
                raise NodeFailedError("was not started: the run was cancelled")
            # A script that reads its input finds none here, as in Azure.
            child = Child(arguments, folder=folder, environment=environment, log=log, reads=False)
            self.running.add(child)
        try:
            yield child
        finally:
            self.running.discard(child)
            child.end()
            end_strays(environment, began)

    def kill_those_of(self, folder: Path) -> bool:
        """Kill the processes that have their logs in `folder`; returns whether there are any."""
        with self.lock:
            found = [child for child in self.running if child.log.is_relative_to(folder)]
        for child in found:
            child.kill()
        return bool(found)

    def end_all(self) -> None:
        """End every process and start no further one."""
        with self.lock:
            self.is_ending = True
            running = list(self.running)
        for child in running:
            child.end()


def run_in_foreground(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> None:
    """Run a process on this terminal, so that `breakpoint()` in it can ask and be answered.

    Raises NodeFailedError for any end but success.
    """
    require_success(subprocess.run(arguments, cwd=folder, env=environment, check=False).returncode)


def require_success(code: int) -> None:
    """Raise NodeFailedError for any exit code but success, and say what it means."""
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise NodeFailedError(how)


def end_with_parent(sent: signal.Signals = signal.SIGTERM) -> None:
    """Send this process `sent` when its standard input ends, which is when its parent does."""

    def wait() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), sent)

    threading.Thread(target=wait, daemon=True).start()


def listen(port: int = 0) -> socket.socket:
    """Listen on `port` of this machine alone, 0 for a free one.

    Raises CommandFailedError when the port is taken.
    """
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        raise CommandFailedError(
            f"port {port} cannot be listened on: {error.strerror}; give another, or none"
        ) from error
