"""The app of the local workspace: mounts all routes, checks tokens, shapes errors as ARM does."""

from __future__ import annotations

import logging
import time
from dataclasses import astuple
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from aml_pipelines.disk import is_full_disk
from aml_pipelines.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    UnknownComponentError,
)
from aml_pipelines.workspace.assets import component_routes, model_routes, tracking_routes
from aml_pipelines.workspace.assets import routes as assets
from aml_pipelines.workspace.endpoints import update_routes as endpoint_updates
from aml_pipelines.workspace.endpoints.batch import routes as batch
from aml_pipelines.workspace.endpoints.online import deployment_routes as online_deployments
from aml_pipelines.workspace.endpoints.online import routes as online
from aml_pipelines.workspace.endpoints.online import scoring_routes as scoring
from aml_pipelines.workspace.http.addresses import STORAGE_PREFIX
from aml_pipelines.workspace.http.arm import PROVIDER, WORKSPACE, ArmError, WorkspaceScope
from aml_pipelines.workspace.jobs import history_routes as history
from aml_pipelines.workspace.jobs import routes as jobs
from aml_pipelines.workspace.jobs.log_links import LOGS_PREFIX
from aml_pipelines.workspace.registries import asset_routes as registry_assets
from aml_pipelines.workspace.registries import routes as registries
from aml_pipelines.workspace.registries import transfer_routes as registry_transfers
from aml_pipelines.workspace.registries.scope import GROUP
from aml_pipelines.workspace.resources import (
    computes,
    connections,
    datastores,
    groups,
    operation_routes,
    token_routes,
    workspace,
)
from aml_pipelines.workspace.resources.refused import why_refused
from aml_pipelines.workspace.schedules import routes as schedules
from aml_pipelines.workspace.served import EXTENSION, ServedWorkspace, all_served, here
from aml_pipelines.workspace.storage import (
    blob_routes,
    path_routes,
    reader_routes,
    upload_routes,
)

SERVED = (
    *("the workspace", "data", "models", "datastores", "computes", "connections"),
    *("environments", "components", "codes", "jobs", "schedules"),
    *("online endpoints", "batch endpoints", "registries"),
)
# Below the workspace's own path.
_RESOURCES = (
    *(workspace.routes, datastores.routes, computes.routes, connections.routes),
    *(assets.routes, component_routes.routes, model_routes.routes, upload_routes.routes),
    *(jobs.routes, schedules.routes),
    *(online.routes, online_deployments.routes, batch.routes, endpoint_updates.routes),
    registry_transfers.publishing,
)
# Below that path in Azure's other APIs.
_OTHER_APIS = (
    (history.history, "/history/v1.0"),
    (history.outputs, "/data/v1.0"),
    (reader_routes.datastores, "/datastore/v1.0"),
    (reader_routes.data, "/data/v1.0"),
    (batch.job_lists, "/mferp/managementfrontend"),
)
# Below a group; the client asks for a registry's assets at another address than for itself.
_REGISTRY_ASSETS = (registry_assets.routes, registry_transfers.routes)
_REGISTRIES = (registries.registries, *_REGISTRY_ASSETS)
_REGISTRY_PREFIXES = (
    (f"{GROUP}/registries", _REGISTRIES),
    (f"/mferp/managementfrontend{GROUP}/registries", _REGISTRY_ASSETS),
)
# With paths of their own.
_ELSEWHERE = (
    *(groups.routes, workspace.lists, operation_routes.routes, history.logs),
    *(registries.lists, registries.found),
    *(scoring.routes, batch.invocations, tracking_routes.routes),
    *(blob_routes.routes, path_routes.routes, reader_routes.storage),
)
# Routes that check the caller themselves, or need no right: a storage container may be opened by a
# signed URL, an online endpoint has keys of its own, a link to a log is signed, MLflow's clients
# have the secret of their job, and the addresses of the workspace's APIs and registries are none.
_WITHOUT_TOKEN = tuple(
    f"{prefix}/"
    for prefix in (
        *(STORAGE_PREFIX, online.SCORING_PREFIX, LOGS_PREFIX, history.DISCOVERY_PREFIX),
        *(tracking_routes.TRACKING_PREFIX, registries.METADATA, registries.DISCOVERY),
    )
)
_PLAIN = "/:@!$&'()*+,;="  # characters that a path has as they are
# More than any job or component needs; what is larger goes to storage.
_LARGEST_BODY = 16 << 20
_LARGE_BODIES = tuple(f"{prefix}/" for prefix in (STORAGE_PREFIX, tracking_routes.TRACKING_PREFIX))
_log = logging.getLogger(__name__)


def create_app(served: ServedWorkspace) -> Flask:
    """Make the WSGI app that serves the workspace `served` to holders of its identity's tokens."""
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = served
    # Clients ask for the workspace itself without the slash that its route ends in: no redirect.
    app.url_map.strict_slashes = False
    app.before_request(_start_clock)
    app.before_request(_limit_body)
    app.before_request(_check_token)
    app.url_value_preprocessor(_refuse_other_workspaces)
    for routes in _RESOURCES:
        app.register_blueprint(routes, url_prefix=WORKSPACE)
    for routes, prefix in _OTHER_APIS:
        app.register_blueprint(routes, url_prefix=f"{prefix}{WORKSPACE}")
    for number, (prefix, blueprints) in enumerate(_REGISTRY_PREFIXES):
        for routes in blueprints:
            app.register_blueprint(routes, url_prefix=prefix, name=f"{routes.name}_{number}")
    for routes in _ELSEWHERE:
        app.register_blueprint(routes)
    _register_errors(app)
    app.after_request(_log_request)
    return app


def create_identity_app(served: ServedWorkspace) -> Flask:
    """Make the WSGI app that issues the tokens of the workspace `served`."""
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = served
    app.register_blueprint(token_routes.routes)
    app.register_error_handler(ArmError, ArmError.response)
    return app


def _limit_body() -> None:
    if not request.path.startswith(_LARGE_BODIES):
        request.max_content_length = _LARGEST_BODY


def _check_token() -> None:
    if not f"{request.path}/".startswith(_WITHOUT_TOKEN):
        here().identity.check(request.headers.get("Authorization"))


def _refuse_other_workspaces(_: str | None, values: dict[str, str] | None) -> None:
    if not values or "workspace" not in values:
        return
    g.named = WorkspaceScope(
        values.pop("subscription"), values.pop("group"), values.pop("workspace")
    )
    if g.named != here().scope and request.endpoint not in workspace.FOR_ANY_NAME:
        served = [repr(_path(item.scope)) for item in all_served()]
        raise ArmError(
            404,
            "ResourceNotFound",
            f"workspace {_path(g.named)!r} is not served here; {', '.join(served)} "
            f"{'are' if len(served) > 1 else 'is'}",
        )


def _path(scope: WorkspaceScope) -> str:
    return "/".join(astuple(scope))


def _register_errors(app: Flask) -> None:
    app.register_error_handler(ArmError, ArmError.response)
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(ConflictError, _conflict)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(UnknownComponentError, _unknown_component)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, _defect)


def _not_found(error: Exception) -> Response:
    return ArmError(404, "NotFound", str(error)).response()


def _conflict(error: Exception) -> Response:
    return ArmError(409, "Conflict", str(error)).response()


def _refused(error: Exception) -> Response:
    return ArmError(400, "UserError", str(error)).response()


def _unknown_component(error: Exception) -> Response:
    return ArmError(404, "NotFound", str(error), outer="NotFound").response()


def _not_served(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response
    # A 404 would tell the client that the resource does not exist; 501 says that we lack the route.
    if error.code not in (404, 405):
        return ArmError(error.code or 500, error.name, error.description or "").response()
    why = why_refused(request.method, request.path)
    if why:
        return ArmError(501, "NotImplemented", f"{request.method} {request.path}: {why}").response()
    return ArmError(
        501,
        "NotImplemented",
        f"{request.method} {_route()} is not served by the local workspace; "
        f"it serves {', '.join(SERVED)}",
    ).response()


def _defect(error: Exception) -> Response:
    if is_full_disk(error):
        return ArmError(
            507, "InsufficientStorage", "there is no space left for the workspace's files"
        ).response()
    _log.error("%s %s", request.method, quote(request.path, safe=_PLAIN), exc_info=error)
    return ArmError(
        500, "InternalServerError", f"{type(error).__name__}: {error}; see the workspace's log"
    ).response()


def _start_clock() -> None:
    g.started = time.monotonic()


def _route() -> str:
    return request.path.partition(f"/providers/{PROVIDER}")[2] or request.path


def _log_request(response: Response) -> Response:
    milliseconds = (time.monotonic() - g.get("started", time.monotonic())) * 1000
    # As it was sent: a line break in a decoded path would forge a line.
    route = quote(_route(), safe=_PLAIN)
    _log.info("%s %s %s %.0f ms", request.method, route, response.status_code, milliseconds)
    return response
