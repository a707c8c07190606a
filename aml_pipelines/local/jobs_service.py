"""What runs jobs in a workspace that is served by itself: the queue and the runner behind it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.local.jobs import Jobs
from aml_pipelines.local.jobs_runner import Runner
from aml_pipelines.local.jobs_submit import Submissions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class JobService:
    """Where jobs are submitted, and what runs them."""

    submissions: Submissions
    runner: Runner


@contextmanager
def job_service(lake: Path, *, master: str, environment: Mapping[str, str]) -> Iterator[JobService]:
    """Run the jobs of `lake` for as long as the block runs; what then runs, fails.

    `master` is Spark's, and `environment` is by what jobs find their workspace.
    """
    jobs = Jobs(lake)
    runner = Runner(lake, jobs, master=master, environment=environment)
    runner.start()
    try:
        yield JobService(Submissions(lake, jobs, runner.wake), runner)
    finally:
        runner.stop()
