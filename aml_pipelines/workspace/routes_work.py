"""All routes of work: jobs, their history and logs, and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.arm import PROVIDER, Scope
from aml_pipelines.workspace.jobs.history_routes import (
    DISCOVERY_PREFIX,
    history_routes,
    log_routes,
    output_routes,
)
from aml_pipelines.workspace.jobs.routes import job_routes
from aml_pipelines.workspace.jobs.store import Jobs
from aml_pipelines.workspace.jobs.views import LOGS_PREFIX, LogLinks
from aml_pipelines.workspace.schedules.routes import schedule_routes

if TYPE_CHECKING:
    from flask import Flask

    from aml_pipelines.workspace.background import JobService

# What needs no token: links to logs carry their own right, and addresses are no secret.
OPEN_PREFIXES = (f"{LOGS_PREFIX}/", f"{DISCOVERY_PREFIX}/")
_WORKSPACE = (
    "/subscriptions/<subscription>/resourceGroups/<group>"
    f"/providers/{PROVIDER}/workspaces/<workspace>"
)


def register_work(app: Flask, scope: Scope, service: JobService | None) -> None:
    """Serve work in `scope`; `service` does it, and where there is none it can only be read."""
    jobs, links = Jobs(scope.state), LogLinks()
    app.register_blueprint(job_routes(scope, jobs, service), url_prefix=_WORKSPACE)
    app.register_blueprint(schedule_routes(scope, service), url_prefix=_WORKSPACE)
    history = history_routes(scope, jobs, links)
    app.register_blueprint(history, url_prefix=f"/history/v1.0{_WORKSPACE}")
    app.register_blueprint(output_routes(scope, jobs), url_prefix=f"/data/v1.0{_WORKSPACE}")
    app.register_blueprint(log_routes(scope, jobs, links))
