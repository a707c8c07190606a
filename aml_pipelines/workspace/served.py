"""The served workspace: all of its stores, built once, and the accessor for routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.assets.code import Sources
    from aml_pipelines.workspace.assets.components import Components
    from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
    from aml_pipelines.workspace.assets.models import Models
    from aml_pipelines.workspace.assets.registry import Registry
    from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
    from aml_pipelines.workspace.http.arm import WorkspaceScope
    from aml_pipelines.workspace.http.identity import WorkspaceIdentity
    from aml_pipelines.workspace.http.operations import Operations
    from aml_pipelines.workspace.jobs.log_links import LogLinks
    from aml_pipelines.workspace.jobs.outputs import JobOutputs
    from aml_pipelines.workspace.jobs.queue import Queue
    from aml_pipelines.workspace.jobs.store import Jobs
    from aml_pipelines.workspace.jobs.submit import Submissions
    from aml_pipelines.workspace.registries.store import Registries
    from aml_pipelines.workspace.schedules.schedules import Schedules
    from aml_pipelines.workspace.state import StateFolder
    from aml_pipelines.workspace.storage.accounts import Accounts
    from aml_pipelines.workspace.storage.uploads import Uploads
    from aml_pipelines.workspace.store.documents import Documents
    from aml_pipelines.workspace.store.secrets import SecretFile
    from aml_pipelines.workspace.store.versions import Versions

EXTENSION = "workspace"
NOT_RUN_HERE = (
    "jobs are run by a workspace that is served by itself: python -m aml_pipelines workspace"
)


@dataclass(frozen=True)
class JobService:
    """The parts that take, run and schedule jobs."""

    submissions: Submissions
    queue: Queue
    schedules: Schedules


@dataclass(frozen=True)
class ServedWorkspace:
    """The stores of a workspace; without a `job_service` its jobs can only be read."""

    scope: WorkspaceScope
    guid: str
    mapped: Mapping[str, str]
    folder: StateFolder
    identity: WorkspaceIdentity
    operations: Operations
    registry: Registry
    assets: Mapping[str, Versions]
    components: Components
    models: Models
    sources: Sources
    workspaces: Documents
    groups: Documents
    templates: Documents
    datastores: Documents
    computes: Documents
    connections: Documents
    stored_schedules: Documents
    secrets: SecretFile
    online: OnlineEndpoints
    batch_endpoints: Documents
    batch_deployments: Documents
    jobs: Jobs
    job_outputs: JobOutputs
    tracking: MlflowRuns
    log_links: LogLinks
    uploads: Uploads
    accounts: Accounts
    registries: Registries
    job_service: JobService | None = None

    def running(self) -> JobService:
        """Return what runs jobs; refuses the request (501) where nothing does."""
        if self.job_service is None:
            raise ArmError(501, "NotImplemented", NOT_RUN_HERE)
        return self.job_service


def here() -> ServedWorkspace:
    """Return the workspace whose app answers the present request."""
    # Flask's extensions are a dictionary of anything.
    return cast("ServedWorkspace", current_app.extensions[EXTENSION])
