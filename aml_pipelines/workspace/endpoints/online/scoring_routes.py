"""The addresses at which online endpoints are asked for scores."""

from __future__ import annotations

import hmac
import http.client
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.workspace.endpoints.online.routes import SCORING_PREFIX
from aml_pipelines.workspace.endpoints.online.servers import ScoringError
from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from aml_pipelines.workspace.endpoints.online.endpoints import OnlineEndpoints
    from aml_pipelines.workspace.http.identity import Identity
    from aml_pipelines.workspace.store.documents import Document

_DEPLOYMENT = "azureml-model-deployment"
_MODEL_STATUS = "ms-azureml-model-error-statuscode"
_FAILED_DEPENDENCY = 424
_TIMEOUT_SECONDS = 180.0  # the longest that Azure takes; a shorter one is the deployment's


def scoring_routes(online: OnlineEndpoints, identity: Identity) -> Blueprint:
    """Answer with what the deployments of `online` answer."""
    routes = Blueprint("scoring", __name__, url_prefix=SCORING_PREFIX)

    @routes.post("/<endpoint>/score")
    def score(endpoint: str) -> Response:
        _check_caller(online, identity, online.endpoints.get(endpoint))
        asked = request.headers.get(_DEPLOYMENT)
        deployment = online.chosen(endpoint, asked)
        if not deployment:
            wanted = f"deployment {asked!r}" if asked else "any deployment with traffic"
            raise ArmError(404, "NotFound", f"endpoint {endpoint!r} has not {wanted}")
        answer = _ask(online, f"{endpoint}/{deployment}")
        answer.headers[_DEPLOYMENT] = deployment
        return answer

    return routes


def _check_caller(online: OnlineEndpoints, identity: Identity, endpoint: Document) -> None:
    authorization = request.headers.get("Authorization", "")
    if str(endpoint.properties.get("authMode")).lower() != "key":
        identity.check(authorization)
        return
    given = authorization.removeprefix("Bearer ").encode()
    keys = online.keys(endpoint.name).values()
    if not any(hmac.compare_digest(given, key.encode()) for key in keys):
        raise ArmError(401, "AuthenticationFailed", f"the key is not one of {endpoint.name!r}")


def _ask(online: OnlineEndpoints, key: str) -> Response:
    content_type = request.headers.get("Content-Type", "application/json")
    try:
        status, kind, body = online.servers.ready(key).ask(
            "POST",
            "/score",
            request.get_data(),
            {"Content-Type": content_type},
            timeout=_TIMEOUT_SECONDS,
        )
    except ScoringError as error:
        raise ArmError(503, "ServiceUnavailable", str(error)) from error
    is_fine = status == http.client.OK
    answer = Response(body, status if is_fine else _FAILED_DEPENDENCY, content_type=kind)
    if not is_fine:  # Azure tells its own failures from the model's
        answer.headers[_MODEL_STATUS] = str(status)
    return answer
