"""Runs submitted jobs, each in a process that ends with the workspace."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.inherited import inherited_variables
from aml_pipelines.processes import Child
from aml_pipelines.workspace.attempts import RETRY_SECONDS, Attempt
from aml_pipelines.workspace.jobs.batch_policy import provided_packages
from aml_pipelines.workspace.jobs.logs import keep_logs
from aml_pipelines.workspace.jobs.status import failure_of
from aml_pipelines.workspace.jobs.translate import PIPELINE, single_node
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from aml_pipelines.execution.touched import Touched
    from aml_pipelines.workspace.jobs.store import Jobs, SubmittedJob

_AT_ONCE = max(2, os.cpu_count() or 1)
_STOPPED = "the workspace ended while the job ran; submit it again"


@dataclass(frozen=True)
class _RunningJob:
    child: Child
    touched: Touched


class Queue:
    """Runs the jobs that were submitted: at once those that touch nothing in common.

    The one that has waited longest comes first. There is one for each core, two on a single one.
    """

    def __init__(
        self,
        state: Path,
        jobs: Jobs,
        *,
        master: str,
        environment: Mapping[str, str],
        options: Sequence[str] = (),
    ) -> None:
        self._state = state
        self._jobs = jobs
        self._master = master
        self._environment = environment
        self._options = options
        self._changed = threading.Condition()
        self._is_stopping = False
        self._running: dict[str, _RunningJob] = {}
        self._unstarted: dict[str, str] = {}  # errors of jobs whose ends are not recorded yet
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Start the thread; jobs that ran when the workspace last ended have failed."""
        self._jobs.fail_started(_STOPPED)
        self._thread.start()

    def wake(self) -> None:
        """Make the thread look for a job again."""
        with self._changed:
            self._changed.notify_all()

    def cancel(self, name: str) -> SubmittedJob:
        """End a job, whether it waits or runs."""
        job = self._jobs.cancel(name)
        with self._changed:
            running = self._running.get(name)
        if job.is_cancelled and running:
            running.child.ask_to_end()
        return job

    def stop(self) -> None:
        """End the jobs that run, and start no other."""
        with self._changed:
            self._is_stopping = True
            running = list(self._running.values())
            self._changed.notify_all()
        for item in running:
            item.child.ask_to_end()
        self._thread.join()

    def _work(self) -> None:
        """Start what may start, and wait, until the queue stops and nothing runs any more."""
        while True:
            with self._changed:
                job = None
                with Attempt("the queue cannot be read; it is read again") as reading:
                    self._record_unstarted()
                    job = self._next()
                if job:
                    self._begin(job)
                elif self._is_stopping and not self._running:
                    return
                else:
                    self._changed.wait(RETRY_SECONDS if reading.error else None)

    def _next(self) -> SubmittedJob | None:
        if self._is_stopping or len(self._running) >= _AT_ONCE:
            return None
        return self._jobs.begin_next([item.touched for item in self._running.values()])

    def _begin(self, job: SubmittedJob) -> None:
        child: Child | None = None
        with Attempt(f"job {job.name} cannot be started") as starting:
            child = self._start(job)
            self._running[job.name] = _RunningJob(child, job.graph.touched)
            # A thread for each: it only waits.
            threading.Thread(target=self._await, args=(job, child), daemon=True).start()
        if starting.error:
            if child:
                child.end()
            self._running.pop(job.name, None)
            self._unstarted[job.name] = (
                f"it could not be started ({starting.error}); submit it again"
            )

    def _record_unstarted(self) -> None:
        for name, error in list(self._unstarted.items()):
            self._jobs.end(name, "Failed", error)
            del self._unstarted[name]

    def _start(self, job: SubmittedJob) -> Child:
        folder = self._jobs.folder(job.name)
        return Child(
            self._command(job, folder),
            folder=REPOSITORY,
            environment={**inherited_variables(), **self._environment},
            log=self._jobs.log(job.name),
        )

    def _command(self, job: SubmittedJob, folder: Path) -> list[str]:
        single = ["--single"] if single_node(job.properties) else []
        return [
            *(sys.executable, "-m", "aml_pipelines.workspace.jobs.worker", *single),
            *("--state", str(self._state), "--name", job.name, "--file", str(folder / PIPELINE)),
            *("--master", self._master),
            *([] if job.graph.touched else ["--untouched"]),
            *self._options,
            *(f"--provided={package}" for package in provided_packages(job.properties)),
        ]

    def _await(self, job: SubmittedJob, child: Child) -> None:
        code = child.wait()
        # What the job has left behind must not write to the lake while the next one runs.
        child.end()
        error = f"its process ended with exit code {code}"
        with Attempt(f"what job {job.name} left in its logs cannot be kept"):
            keep_logs(job, self._state)
            error = failure_of(job, self._state, code) if code else ""
        while not self._is_recorded(job, code, error):
            time.sleep(RETRY_SECONDS)
        with self._changed:
            del self._running[job.name]
            self._changed.notify_all()

    def _is_recorded(self, job: SubmittedJob, code: int, error: str) -> bool:
        """Return whether the end of a job is recorded; a queue that stops leaves it.

        The next queue finds the job as one that had started.
        """
        with Attempt(f"the end of job {job.name} cannot be recorded; it is tried again"):
            if self._jobs.job(job.name).is_cancelled:
                self._jobs.end(job.name, "Canceled")
            elif self._is_stopping and code:
                self._jobs.end(job.name, "Failed", _STOPPED)
            elif code:
                self._jobs.end(job.name, "Failed", error)
            else:
                self._jobs.end(job.name, "Completed")
            return True
        return self._is_stopping
