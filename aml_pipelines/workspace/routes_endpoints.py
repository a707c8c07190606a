"""All routes of endpoints: online and batch, their deployments, and the addresses that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.endpoints.batch.routes import (
    batch_deployment_routes,
    batch_job_list_routes,
    batch_job_routes,
    batch_routes,
)
from aml_pipelines.workspace.endpoints.online.deployment_routes import online_deployment_routes
from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
from aml_pipelines.workspace.endpoints.online.routes import SCORING_PREFIX, online_routes
from aml_pipelines.workspace.endpoints.online.scoring_routes import scoring_routes
from aml_pipelines.workspace.http.arm import PROVIDER, Scope
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.store.documents import Documents

if TYPE_CHECKING:
    from flask import Flask

    from aml_pipelines.workspace.background import JobService
    from aml_pipelines.workspace.http.identity import Identity
    from aml_pipelines.workspace.http.operations import Operations

# An endpoint has keys of its own, and checks them itself.
SCORING_PREFIXES = (f"{SCORING_PREFIX}/",)
_WORKSPACE = (
    "/subscriptions/<subscription>/resourceGroups/<group>"
    f"/providers/{PROVIDER}/workspaces/<workspace>"
)


def register_endpoints(
    app: Flask,
    scope: Scope,
    identity: Identity,
    operations: Operations,
    service: JobService | None,
) -> None:
    """Serve the endpoints of `scope`; `service` runs the jobs of those that are batch."""
    _register_online(app, scope, identity, operations)
    endpoints = Documents(scope.state, "batch endpoint")
    deployments = Documents(scope.state, "batch deployment")
    prefix = f"{_WORKSPACE}/batchEndpoints"
    app.register_blueprint(
        batch_routes(scope, endpoints, deployments, operations), url_prefix=prefix
    )
    app.register_blueprint(
        batch_deployment_routes(scope, endpoints, deployments, operations),
        url_prefix=f"{prefix}/<endpoint>/deployments",
    )
    app.register_blueprint(batch_job_routes(scope, endpoints, deployments, service))
    app.register_blueprint(batch_job_list_routes(scope, endpoints, Jobs(scope.state)))


def _register_online(app: Flask, scope: Scope, identity: Identity, operations: Operations) -> None:
    online = OnlineEndpoints(scope.state)
    prefix = f"{_WORKSPACE}/onlineEndpoints"
    app.register_blueprint(online_routes(scope, online, operations, identity), url_prefix=prefix)
    app.register_blueprint(
        online_deployment_routes(scope, online, operations),
        url_prefix=f"{prefix}/<endpoint>/deployments",
    )
    app.register_blueprint(scoring_routes(online, identity))
