"""The served workspace: all of its stores, built once, and the accessor for routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from flask import current_app

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


class Directory(Protocol):
    """The workspaces of one server: the one that it was started for, and those made since."""

    def all(self) -> Sequence[ServedWorkspace]:
        """List the workspaces, the first one first."""
        ...

    def create(self, scope: WorkspaceScope) -> ServedWorkspace:
        """Make a workspace and run its jobs; refuses names that Azure does not take."""
        ...

    def delete(self, scope: WorkspaceScope, *, for_good: bool) -> None:
        """End a workspace and its jobs; its files are kept apart unless it is `for_good`."""
        ...


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
    # Where addresses lead to it that name no workspace; the first one of a server needs none.
    prefix: str = ""
    directory: Directory | None = None

    def running(self) -> JobService:
        """Return what runs jobs; refuses the request (501) where nothing does."""
        if self.job_service is None:
            raise ArmError(501, "NotImplemented", NOT_RUN_HERE)
        return self.job_service


def all_served() -> Sequence[ServedWorkspace]:
    """Return the workspaces of the server whose app answers the present request."""
    workspace = here()
    return workspace.directory.all() if workspace.directory else [workspace]


def here() -> ServedWorkspace:
    """Return the workspace whose app answers the present request."""
    # Flask's extensions are a dictionary of anything.
    return cast("ServedWorkspace", current_app.extensions[EXTENSION])
