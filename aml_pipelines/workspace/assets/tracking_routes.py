"""Serves MLflow's own API over the workspace's runs, for jobs with another MLflow than ours."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, request

from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from flask import Flask

    from aml_pipelines.workspace.state import StateFolder

TRACKING_PREFIX = "/mlflow"
_FOLDER = "aml_pipelines.folder"
_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
routes = Blueprint("tracking", __name__)
_importing = threading.Lock()


@routes.route(f"{TRACKING_PREFIX}/<path:path>", methods=_METHODS)
def forward(path: str) -> Response:
    """Pass a request on to MLflow's app, which is imported by the first one."""
    here().identity.check_secret(request.headers.get("Authorization"))
    environ = {
        **request.environ,
        "SCRIPT_NAME": f"{request.script_root}{TRACKING_PREFIX}",
        "PATH_INFO": f"/{path}",
        _FOLDER: here().folder,
    }
    return cast("Response", Response.from_app(_mlflow().wsgi_app, environ))


@cache
def _mlflow() -> Flask:
    with _importing:
        from mlflow.server import app, handlers  # noqa: PLC0415 # 2 s, that few workspaces need

        # MLflow's server has one store for its process, and knows no workspaces.
        setattr(handlers, "_get_tracking_store", lambda *_: _tracking(_folder()))  # noqa: B010
        setattr(handlers, "_get_model_registry_store", lambda *_: _models(_folder()))  # noqa: B010
        return cast("Flask", app)


def _folder() -> StateFolder:
    """Return the folder of the workspace whose request MLflow's app answers."""
    folder: StateFolder = request.environ[_FOLDER]
    return folder


@cache
def _tracking(folder: StateFolder) -> object:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    return SqlAlchemyStore(_database(folder), folder.mlflow_artifacts.resolve().as_uri())


@cache
def _models(folder: StateFolder) -> object:
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    return SqlAlchemyStore(_database(folder))


def _database(folder: StateFolder) -> str:
    return f"sqlite:///{folder.mlflow_database.resolve()}"
