"""Run processes of nodes, each the leader of a group that can be ended as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_GRACE_SECONDS = 5


@dataclass
class Processes:
    """The processes that run now."""

    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
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
        """Run to the end; raises NodeFailedError for any end but success."""
        with log.open("ab") as output:
            process = self._start(arguments, folder, environment, output.fileno())
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            end_group(process)
            raise NodeFailedError(f"took longer than limits.timeout, {timeout:g} s") from None
        finally:
            self.running.discard(process)
            end_group(process)
        if code:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise NodeFailedError(how)

    def _start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: int
    ) -> subprocess.Popen[bytes]:
        with self.lock:
            if self.is_ending:
                raise NodeFailedError("was not started: the run was cancelled")
            process = subprocess.Popen(
                arguments,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.running.add(process)
        return process

    def end_all(self) -> None:
        """End every process and start no further one."""
        with self.lock:
            self.is_ending = True
            running = list(self.running)
        for process in running:
            end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it left behind in its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
