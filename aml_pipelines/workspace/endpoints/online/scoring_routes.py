"""Routes at which online endpoints score."""

from __future__ import annotations

import hmac
import http.client
import logging
import threading

from flask import Blueprint, Response, request

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.workspace.endpoints.online.routes import SCORING_PREFIX
from aml_pipelines.workspace.endpoints.online.servers import ScoringError
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.identity import endpoint_audience
from aml_pipelines.workspace.served import here

_DEPLOYMENT = "azureml-model-deployment"
_MODEL_STATUS = "ms-azureml-model-error-statuscode"
_FAILED_DEPENDENCY = 424
_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 180.0  # the longest that Azure takes; a shorter one is the deployment's


routes = Blueprint("scoring", __name__, url_prefix=SCORING_PREFIX)


@routes.post("/<endpoint>/score")
def score(endpoint: str) -> Response:
    return _answer_of(endpoint, "POST", "/score")


@routes.get("/<endpoint>/swagger.json")
def describe(endpoint: str) -> Response:
    # The inference server makes it of the scoring script's own schema, in one of two versions.
    return _answer_of(endpoint, "GET", f"/swagger.json?{request.query_string.decode()}")


def _answer_of(endpoint: str, method: str, path: str) -> Response:
    online = here().online
    _check_caller(endpoint)
    named = request.headers.get(_DEPLOYMENT)
    deployment = online.chosen(endpoint, named)
    if not deployment:
        missing = f"deployment {named!r}" if named else "any deployment with traffic"
        raise ArmError(404, "NotFound", f"endpoint {endpoint!r} has not {missing}")
    copied_to = online.mirrored(endpoint) if method == "POST" and not named else None
    if copied_to:
        _send_copy(f"{endpoint}/{copied_to}", path)
    response = _ask(f"{endpoint}/{deployment}", method, path)
    response.headers[_DEPLOYMENT] = deployment
    return response


def _send_copy(key: str, path: str) -> None:
    """Send the request to a deployment whose answer nobody waits for."""
    body, headers = request.get_data(), _headers()
    servers = here().online.servers

    def send() -> None:
        try:
            servers.ready(key).ask("POST", path, body, headers, timeout=_TIMEOUT_SECONDS)
        except (ScoringError, RefusedError, NotFoundError) as error:
            _log.warning("the copy of a request to %s: %s", key, error)

    threading.Thread(target=send, daemon=True).start()


def _check_caller(name: str) -> None:
    authorization = request.headers.get("Authorization", "")
    endpoint = here().online.endpoints.find(name)
    mode = str(endpoint.properties.get("authMode")).lower() if endpoint else ""
    if mode == "amltoken":
        here().identity.check(authorization, [endpoint_audience(name)])
        return
    if mode != "key":
        # Who has no right here is not told which endpoints there are.
        here().identity.check(authorization)
        here().online.endpoints.get(name)
        return
    key = authorization.removeprefix("Bearer ").encode()
    # Compared in constant time, so that answers do not tell how much of a key is right.
    keys = here().online.keys(name).values()
    if not any(hmac.compare_digest(key, right.encode()) for right in keys):
        raise ArmError(401, "AuthenticationFailed", f"the key is not one of {name!r}")


def _ask(key: str, method: str, path: str) -> Response:
    try:
        server = here().online.servers.ready(key)
        status, kind, body = server.ask(
            method, path, request.get_data(), _headers(), timeout=_TIMEOUT_SECONDS
        )
    except ScoringError as error:
        raise ArmError(503, "ServiceUnavailable", str(error)) from error
    is_fine = status == http.client.OK
    answer = Response(body, status if is_fine else _FAILED_DEPENDENCY, content_type=kind)
    if not is_fine:  # Azure tells its own failures from the model's
        answer.headers[_MODEL_STATUS] = str(status)
    return answer


def _headers() -> dict[str, str]:
    return {"Content-Type": request.headers.get("Content-Type", "application/json")}
