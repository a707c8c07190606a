"""The REST front of the local workspace: the part of Azure ML's control plane that jobs use."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from aml_pipelines.errors import ConflictError, NotFoundError, RefusedError
from aml_pipelines.workspace.assets.data_routes import data_routes
from aml_pipelines.workspace.assets.model_routes import model_routes
from aml_pipelines.workspace.assets.models import Models
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.assets.routes import CODES, COMPONENTS, ENVIRONMENTS, resource_routes
from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Scope
from aml_pipelines.workspace.http.operations import Operations
from aml_pipelines.workspace.resources.computes import compute_routes
from aml_pipelines.workspace.resources.datastores import datastore_routes
from aml_pipelines.workspace.resources.groups import group_routes
from aml_pipelines.workspace.resources.workspace import workspace_routes
from aml_pipelines.workspace.routes_endpoints import SCORING_PREFIXES, register_endpoints
from aml_pipelines.workspace.routes_work import OPEN_PREFIXES, register_work
from aml_pipelines.workspace.storage.accounts import Accounts
from aml_pipelines.workspace.storage.blob_routes import blob_routes
from aml_pipelines.workspace.storage.path_routes import filesystem_routes
from aml_pipelines.workspace.storage.protocol import STORAGE_PREFIX
from aml_pipelines.workspace.storage.upload_routes import Uploads, upload_routes
from aml_pipelines.workspace.store.documents import Documents
from aml_pipelines.workspace.store.secrets import SecretFile
from aml_pipelines.workspace.store.versions import Resources

if TYPE_CHECKING:
    from aml_pipelines.workspace.background import JobService
    from aml_pipelines.workspace.http.faults import Faults
    from aml_pipelines.workspace.http.identity import Identity

SERVED = (
    *("the workspace", "data", "models", "datastores", "computes"),
    *("environments", "components", "codes", "jobs", "schedules"),
    *("online endpoints", "batch endpoints"),
)
_PREFIX = f"/subscriptions/<subscription>/resourceGroups/<group>/providers/{PROVIDER}/workspaces"
_log = logging.getLogger(__name__)


def create_app(
    scope: Scope,
    identity: Identity,
    *,
    faults: Faults | None = None,
    service: JobService | None = None,
) -> Flask:
    """Make the WSGI app that serves the workspace `scope` to holders of `identity`'s tokens.

    Jobs that are submitted go to `service`; without one, they can only be read.
    """
    app = Flask(__name__)
    app.url_map.strict_slashes = False
    app.before_request(_start_clock)
    app.before_request(lambda: _check_token(identity))
    app.url_value_preprocessor(lambda _, values: _refuse_other_workspaces(scope, values))
    uploads = Uploads(scope.state)
    accounts = Accounts(scope.state, identity, uploads)
    app.register_blueprint(blob_routes(accounts))
    app.register_blueprint(filesystem_routes(accounts))
    operations = Operations(scope)
    app.register_blueprint(operations.routes())
    _register_resources(app, scope, operations, uploads)
    register_endpoints(app, scope, identity, operations, service)
    register_work(app, scope, service)
    _register_errors(app)
    app.after_request(_log_request)
    if faults:
        faults.install(app)
    return app


def _register_resources(app: Flask, scope: Scope, operations: Operations, uploads: Uploads) -> None:
    groups, deployed = Documents(scope.state, "group"), Documents(scope.state, "template")
    app.register_blueprint(group_routes(scope, groups, deployed, operations))
    for routes in (
        workspace_routes(scope, Documents(scope.state, "workspace"), operations),
        datastore_routes(scope, Documents(scope.state, "datastore"), SecretFile(scope.state)),
        compute_routes(scope, Documents(scope.state, "compute"), operations),
        data_routes(scope, Registry(scope.state)),
        model_routes(scope, Models(scope.state)),
        upload_routes(uploads),
    ):
        app.register_blueprint(routes, url_prefix=f"{_PREFIX}/<workspace>")
    for served in (ENVIRONMENTS, COMPONENTS, CODES):
        resources = Resources(scope.state, served.singular)
        routes = resource_routes(scope, served, resources)
        app.register_blueprint(routes, url_prefix=f"{_PREFIX}/<workspace>/{served.plural}")


def _check_token(identity: Identity) -> None:
    # a container's URL may carry a right
    if not request.path.startswith((f"{STORAGE_PREFIX}/", *SCORING_PREFIXES, *OPEN_PREFIXES)):
        identity.check(request.headers.get("Authorization"))


def _refuse_other_workspaces(scope: Scope, values: dict[str, str] | None) -> None:
    if not values or "workspace" not in values:
        return
    asked = values.pop("subscription"), values.pop("group"), values.pop("workspace")
    served = scope.subscription_id, scope.resource_group, scope.name
    if asked != served:
        raise ArmError(
            404,
            "ResourceNotFound",
            f"workspace {'/'.join(asked)!r} is not served here; {'/'.join(served)!r} is",
        )


def _register_errors(app: Flask) -> None:
    app.register_error_handler(ArmError, ArmError.response)
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(ConflictError, _conflict)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, _defect)


def _not_found(error: Exception) -> Response:
    return ArmError(404, "NotFound", str(error)).response()


def _conflict(error: Exception) -> Response:
    return ArmError(409, "Conflict", str(error)).response()


def _refused(error: Exception) -> Response:
    return ArmError(400, "UserError", str(error)).response()


def _not_served(error: HTTPException) -> Response:
    if isinstance(error.response, Response):
        return error.response
    if error.code not in (404, 405):
        return ArmError(error.code or 500, error.name, error.description or "").response()
    return ArmError(
        501,
        "NotImplemented",
        f"{request.method} {_route()} is not served by the local workspace; "
        f"it serves {', '.join(SERVED)}",
    ).response()


def _defect(error: Exception) -> Response:
    _log.error("%s %s", request.method, request.path, exc_info=error)
    return ArmError(
        500, "InternalServerError", f"{type(error).__name__}: {error}; see the workspace's log"
    ).response()


def _start_clock() -> None:
    g.started = time.monotonic()


def _route() -> str:
    return request.path.partition(f"/providers/{PROVIDER}")[2] or request.path


def _log_request(response: Response) -> Response:
    milliseconds = (time.monotonic() - g.get("started", time.monotonic())) * 1000
    _log.info("%s %s %s %.0f ms", request.method, _route(), response.status_code, milliseconds)
    return response
