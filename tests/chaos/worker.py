"""What tries crashes: two of them try two at once, each on a lake and a JVM of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING

from aml_pipelines.execution.forked.warm import stop_forks
from aml_pipelines.execution.jvm.kept import stop_kept_jvms
from aml_pipelines.execution.kept import FOLDER_VARIABLE
from tests.chaos.crashes import Crash, Outcome, crash
from tests.chaos.stages import STAGES, Job

if TYPE_CHECKING:
    from tests.chaos.stages import Stage


class Worker:
    """A process with a lake, a JVM and undisturbed stages of its own."""

    stages: dict[str, Stage]

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        os.environ[FOLDER_VARIABLE] = str(self._folder)  # no other run's JVM is to end
        place = self._folder / "job"  # a part of names of points
        place.mkdir()
        self._job = Job(place)
        self.stages = {name: self._job.undisturbed(name) for name in STAGES}

    def crash(self, chosen: Crash) -> Outcome:
        """Try a crash; an error of its comparison is a difference, and the others are tried."""
        try:
            return crash(self._job, self.stages[chosen.stage], chosen, self._folder / "marks")
        except Exception as error:  # noqa: BLE001 # whatever it is, it is told with the crash
            return Outcome(chosen, 0, 0, [repr(error)], "".join(format_exception(error)))

    def stop(self) -> None:
        stop_kept_jvms()
        stop_forks()
        shutil.rmtree(self._folder)


_of_this_process: list[Worker] = []


def begin() -> None:
    """Make the worker of this process."""
    worker = Worker()
    _of_this_process.append(worker)
    Finalize(None, worker.stop, exitpriority=1)  # atexit is not called in such a process


def crash_here(chosen: Crash) -> Outcome:
    """Try a crash in the worker that `begin` has made in this process."""
    return _of_this_process[0].crash(chosen)
