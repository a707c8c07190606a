"""Builds the workspace: opens each store of its state folder once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.assets.code import sources_in
from aml_pipelines.workspace.assets.components import components_in
from aml_pipelines.workspace.assets.kinds import CODES, KINDS
from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
from aml_pipelines.workspace.assets.models import Models
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
from aml_pipelines.workspace.http.operations import Operations
from aml_pipelines.workspace.jobs.log_links import LogLinks
from aml_pipelines.workspace.jobs.outputs import JobOutputs
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.registries.store import Registries
from aml_pipelines.workspace.serve import NOTHING
from aml_pipelines.workspace.served import ServedWorkspace
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.storage.accounts import Accounts
from aml_pipelines.workspace.storage.uploads import Uploads
from aml_pipelines.workspace.store.addresses import DATASTORE
from aml_pipelines.workspace.store.documents import Documents
from aml_pipelines.workspace.store.secrets import SecretFile
from aml_pipelines.workspace.store.versions import Versions
from aml_pipelines.workspace.store.workspace_id import workspace_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aml_pipelines.workspace.http.arm import WorkspaceScope
    from aml_pipelines.workspace.http.identity import WorkspaceIdentity


def build_workspace(
    scope: WorkspaceScope,
    identity: WorkspaceIdentity,
    state: Path,
    *,
    mapped: Mapping[str, str] = NOTHING,
    prefix: str = "",
) -> ServedWorkspace:
    """Open the workspace `scope` of the folder `state`; nothing of it runs yet.

    `mapped` has what stands here for data elsewhere; `prefix` begins its addresses.
    """
    # Each store once: some hold locks or keys that all routes must share.
    jobs, registry, secrets, uploads = (
        Jobs(state),
        Registry(state),
        SecretFile(state),
        Uploads(state),
    )
    assets = {kind.plural: Versions(state, kind) for kind in KINDS}
    components = components_in(state)
    sources = sources_in(state, components, assets[CODES.plural])
    return ServedWorkspace(
        scope=scope,
        guid=workspace_id(state),
        mapped=mapped,
        folder=StateFolder(state),
        identity=identity,
        operations=Operations(scope.subscription_id),
        registry=registry,
        assets=assets,
        components=components,
        models=Models(state),
        sources=sources,
        workspaces=Documents(state, "workspace"),
        groups=Documents(state, "group"),
        templates=Documents(state, "template"),
        datastores=Documents(state, DATASTORE),
        computes=Documents(state, "compute"),
        connections=Documents(state, "connection"),
        stored_schedules=Documents(state, "schedule"),
        secrets=secrets,
        online=OnlineEndpoints(state, registry, sources, secrets),
        batch_endpoints=Documents(state, "batch endpoint"),
        batch_deployments=Documents(state, "batch deployment"),
        jobs=jobs,
        job_outputs=JobOutputs(state, jobs, mapped),
        tracking=MlflowRuns(state, lambda: None),
        log_links=LogLinks(),
        uploads=uploads,
        accounts=Accounts(state, identity, uploads, mapped),
        registries=Registries(state),
        prefix=prefix,
    )
