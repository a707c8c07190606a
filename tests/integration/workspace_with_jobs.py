"""A served workspace that runs jobs, here in the test's process, and what a client submits."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.workspace.background import job_service, running
from aml_pipelines.workspace.serve import NOTHING
from tests.integration.workspace_here import WorkspaceHere, workspace_here
from tests.integration.workspace_jobs import run_job
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.workspace.http.faults import Faults
    from aml_pipelines.workspace.served import JobService

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# What a job's script needs besides the client; waiting is on the job, never on the clock.
SUBMITTING = """
import pathlib, tempfile
from azure.ai.ml import load_component, load_job
from azure.ai.ml.entities._load_functions import load_schedule

os.environ["AZUREML_RUN_POLLING_INTERVAL_MIN"] = "1"
files = pathlib.Path(tempfile.mkdtemp())

def write(name, text):
    (files / name).parent.mkdir(parents=True, exist_ok=True)
    (files / name).write_text(text)
    return files / name

def pipeline(jobs, **more):
    text = {"type": "pipeline", "experiment_name": "flights", "jobs": jobs,
            "settings": {"default_compute": "serverless"}, **more}
    return load_job(write("pipeline.yml", json.dumps(text)))

def node(line, **more):
    return {"type": "command", "command": line, "environment": {"image": "ubuntu"}, **more}

def register(path="gold/train"):
    return ml.data.create_or_update(Data(name="train", type="uri_folder", path=f"{LAKE}/{path}"))

def submit(job, name=None):
    job.name = name or job.name
    return ml.jobs.create_or_update(job).name

def wait_for(name, *statuses):
    while (status := ml.jobs.get(name).status) not in statuses:
        time.sleep(0.1)
    return status

def ended(name):
    return wait_for(name, "Completed", "Failed", "Canceled")

def children(name):
    return {job.name: job.status for job in ml.jobs.list(parent_job_name=name)}

def put(path, body):
    from azure.core.rest import HttpRequest
    client = ml.jobs.service_client_01_2024_preview_arm
    request = HttpRequest("PUT", f"{base}/{path}?api-version=2024-01-01-preview", json=body)
    response = client.send_request(request)
    return response.status_code, response.json()

base = (
    f"/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{ml.workspace_name}"
)
"""


@dataclass(frozen=True)
class WorkspaceWithJobs:
    """A workspace that runs jobs: what clients find it by, its faults to come, and its service."""

    env: Mapping[str, str]
    faults: Faults
    service: JobService
    here: WorkspaceHere


def new_lake(lake: Path) -> Path:
    """Fill a lake: MLflow's database, and folders of data."""
    lay_tracking(lake)
    for name in ("raw", "gold/train", "gold/other"):
        (lake / name).mkdir(parents=True)
    return lake


def submitting(env: Mapping[str, str], script: str) -> dict[str, object]:
    """Run `script` as a job that submits jobs."""
    return run_job(env, SUBMITTING + script)


@contextmanager
def workspace_with_jobs(
    lake: Path, mapped: Mapping[str, str] = NOTHING, faults: Path | None = None
) -> Iterator[WorkspaceWithJobs]:
    """Serve `lake`; schedules are due only when a test says so, its clock stands still."""
    with workspace_here(
        lake,
        mapped=mapped,
        jobs=lambda workspace, env: running(
            job_service(
                workspace,
                master="local[1]",
                environment=env,
                clock=lambda: LONG_AGO,
                faults=faults,
            )
        ),
    ) as here:
        assert here.service
        yield WorkspaceWithJobs(here.env, here.faults, here.service, here)
