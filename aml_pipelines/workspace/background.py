"""What runs jobs in a workspace that is served by itself: a queue, a runner, and schedules."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.workspace.jobs.queue import Runner
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.jobs.submit import Submissions
from aml_pipelines.workspace.schedules.schedules import Schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class JobService:
    """Where jobs are submitted, what runs them, and what submits them when they are due."""

    submissions: Submissions
    runner: Runner
    schedules: Schedules


def now() -> datetime:
    return datetime.now(tz=UTC)


@contextmanager
def job_service(
    state: Path,
    *,
    master: str,
    environment: Mapping[str, str],
    clock: Callable[[], datetime] = now,
) -> Iterator[JobService]:
    """Run the jobs of the folder `state` for as long as the block runs; what then runs, fails.

    `master` is Spark's, `environment` is by what jobs find their workspace, and schedules are due
    by `clock`.
    """
    jobs = Jobs(state)
    runner = Runner(state, jobs, master=master, environment=environment)
    submissions = Submissions(state, jobs, runner.wake)
    schedules = Schedules(state, jobs, submissions, clock)
    runner.start()
    schedules.start()
    try:
        yield JobService(submissions, runner, schedules)
    finally:
        schedules.stop()
        runner.stop()
