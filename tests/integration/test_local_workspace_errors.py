"""The threads that run jobs and fire schedules outlive an error, such as a full disk."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.background import job_service, running
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.jobs import queue
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.store.documents import Documents
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aml_pipelines.workspace.jobs.store import SubmittedJob
    from aml_pipelines.workspace.served import JobService, ServedWorkspace

FULL = OSError(errno.ENOSPC, "No space left on device")
UNREADABLE = sqlite3.OperationalError("disk I/O error")
JOB = {
    "jobType": "Command",
    "command": "echo ran",
    "environmentId": "azureml:any:1",
    "experimentName": "flights",
}


@contextmanager
def served(
    lake: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[tuple[ServedWorkspace, JobService]]:
    lay_tracking(lake)
    workspace = build_workspace(WorkspaceScope("s", "g", "w"), WorkspaceIdentity("secret"), lake)
    with running(job_service(workspace, master="local[1]", environment={}, clock=clock)) as service:
        yield workspace, service


def fail_once(
    patch: pytest.MonkeyPatch, owner: object, name: str, error: Exception
) -> list[Exception]:
    """Make a thread's next call of `name` raise `error`; return the list that has it until then."""
    real, left = getattr(owner, name), [error]

    def call(*arguments: object, **named: object) -> object:
        if left and threading.current_thread() is not threading.main_thread():
            raise left.pop()
        return real(*arguments, **named)

    patch.setattr(owner, name, call)
    return left


def ended(workspace: ServedWorkspace, name: str) -> SubmittedJob:
    deadline = time.monotonic() + 60
    while not (job := workspace.jobs.job(name)).is_final:
        assert time.monotonic() < deadline, f"{name} is {job.state}"
        time.sleep(0.05)
    return job


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (Jobs, "begin_next", UNREADABLE),
        (queue, "keep_logs", FULL),
        (Jobs, "job", UNREADABLE),
        (Jobs, "end", UNREADABLE),
    ],
)
def test_jobs_end_as_they_did_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, error: Exception
) -> None:
    with served(tmp_path) as (workspace, service):
        left = fail_once(monkeypatch, owner, name, error)
        service.submissions.submit("hit", JOB)
        deadline = time.monotonic() + 60
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left
        assert ended(workspace, "hit").state == "Completed"
        service.submissions.submit("next", {**JOB, "command": "echo more"})
        assert ended(workspace, "next").state == "Completed"


def test_a_job_whose_log_cannot_be_read_has_failed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as (workspace, service):
        fail_once(monkeypatch, queue, "failure_of", FULL)
        service.submissions.submit("hit", {**JOB, "command": "exit 3"})
        failed = ended(workspace, "hit")
    assert (failed.state, failed.error) == ("Failed", "its process ended with exit code 1")


def test_a_job_whose_process_cannot_be_started_fails_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as (workspace, service):
        fail_once(monkeypatch, queue, "Child", OSError(errno.EAGAIN, "try again"))
        fail_once(monkeypatch, Jobs, "end", UNREADABLE)
        service.submissions.submit("hit", JOB)
        failed = ended(workspace, "hit")
        service.submissions.submit("next", JOB)
        assert ended(workspace, "next").state == "Completed"
    assert failed.state == "Failed"
    assert failed.error == "it could not be started ([Errno 11] try again); submit it again"


@pytest.mark.parametrize(("owner", "name"), [(Documents, "all"), (Jobs, "submit")])
def test_what_was_due_while_the_disk_was_full_is_submitted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    times = [datetime(2031, 1, 1, 3, 59, tzinfo=UTC)]
    with served(tmp_path, lambda: times[-1]) as (workspace, service):
        action = {"actionType": "CreateJob", "jobDefinition": JOB}
        trigger = {"triggerType": "Cron", "expression": "0 4 * * *", "timeZone": "UTC"}
        service.schedules.put("nightly", {"action": action, "trigger": trigger})
        left = fail_once(monkeypatch, owner, name, UNREADABLE)
        times.append(datetime(2031, 1, 1, 4, 0, 30, tzinfo=UTC))
        assert submitted(workspace, "nightly-20310101T040000Z").state == "Completed"
        assert not left
        assert len(workspace.jobs.all()) == 1


def submitted(workspace: ServedWorkspace, name: str) -> SubmittedJob:
    deadline = time.monotonic() + 60
    while name not in [job.name for job in workspace.jobs.all()]:
        assert time.monotonic() < deadline, f"{name} was not submitted"
        time.sleep(0.05)
    return ended(workspace, name)
