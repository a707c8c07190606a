"""Starts and stops the threads that run submitted jobs and fire schedules."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.address_options import map_words
from aml_pipelines.pipeline.environments.choose import ONLY_THIS, Policy
from aml_pipelines.pipeline.environments.options import policy_words
from aml_pipelines.workspace.jobs.queue import Queue
from aml_pipelines.workspace.jobs.submit import Submissions
from aml_pipelines.workspace.schedules.monitors import Monitors
from aml_pipelines.workspace.schedules.schedules import Schedules
from aml_pipelines.workspace.served import JobService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.workspace.served import ServedWorkspace


def now() -> datetime:
    return datetime.now(tz=UTC)


def job_service(
    workspace: ServedWorkspace,
    *,
    master: str,
    environment: Mapping[str, str],
    policy: Policy = ONLY_THIS,
    faults: Path | None = None,
    clock: Callable[[], datetime] = now,
) -> JobService:
    """Build what takes and runs the jobs of `workspace`; it takes jobs, and starts none yet.

    `master` is Spark's, `environment` has the variables by which jobs find the workspace, `policy`
    says what may be done for nodes that ask for other packages, `faults` is the file with the
    evictions of nodes, and `clock` is the present time,
    for schedules.
    """
    state = workspace.folder.root
    options = [*policy_words(policy), *map_words(workspace.mapped)]
    options += [f"--faults={faults}"] if faults else []
    queue = Queue(state, workspace.jobs, master=master, environment=environment, options=options)
    submissions = Submissions(
        state,
        workspace.jobs,
        registry=workspace.registry,
        components=workspace.components,
        sources=workspace.sources,
        wake=queue.wake,
        policy=policy,
        mapped=workspace.mapped,
    )
    monitors = Monitors(workspace, master=master)
    schedules = Schedules(workspace.stored_schedules, workspace.jobs, submissions, monitors, clock)
    return JobService(submissions, queue, schedules)


@contextmanager
def running(service: JobService) -> Iterator[JobService]:
    """Run jobs and fire schedules while the block runs; a job that runs at its end fails."""
    service.queue.start()
    service.schedules.start()
    try:
        yield service
    finally:
        # Schedules first: they submit to the queue.
        service.schedules.stop()
        service.queue.stop()
