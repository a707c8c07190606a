"""Serves MLflow's own API over the workspace's runs, for jobs with another MLflow than ours."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, request

from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from flask import Flask

    from aml_pipelines.workspace.state import StateFolder

TRACKING_PREFIX = "/mlflow"
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
routes = Blueprint("tracking", __name__)
_importing = threading.Lock()


@routes.route(f"{TRACKING_PREFIX}/<path:path>", methods=_METHODS)
def forward(path: str) -> Response:
    """Pass a request on to MLflow's app, which is imported by the first one."""
    here().identity.check_secret(request.headers.get("Authorization"))
    environ = {**request.environ, "SCRIPT_NAME": TRACKING_PREFIX, "PATH_INFO": f"/{path}"}
    return cast("Response", Response.from_app(_mlflow(here().folder).wsgi_app, environ))


def _mlflow(folder: StateFolder) -> Flask:
    with _importing:
        # MLflow's server takes its stores from these variables alone.
        os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{folder.mlflow_database.resolve()}"
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = folder.mlflow_artifacts.resolve().as_uri()
        from mlflow.server import app  # noqa: PLC0415 # 2 s, that few workspaces ever need

        return cast("Flask", app)
