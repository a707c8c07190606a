"""Routes by which Azure's pollers follow operations."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError
from aml_pipelines.workspace.http.operations import POLL_MILLISECONDS, RESULT, STATUS
from aml_pipelines.workspace.served import here

FOLDER = f"/subscriptions/<subscription>/providers/{PROVIDER}/locations/local"
routes = Blueprint("operations", __name__, url_prefix=FOLDER)


@routes.get(f"/{STATUS}/<name>")
def get_status(name: str, **_: str) -> Response:
    operation = here().operations.get(name)
    state = operation.state
    body: dict[str, object] = {"id": request.path, "name": name, "status": state}
    if state == "Failed":
        body["error"] = {"code": "UserError", "message": operation.error}
    return _poll_soon(jsonify(body))


@routes.get(f"/{RESULT}/<name>")
def get_result(name: str, **_: str) -> Response:
    # Read once: the work may end between two looks.
    operation = here().operations.get(name)
    state = operation.state
    if state == "Failed":
        raise ArmError(400, "UserError", operation.error or "")
    if state == "InProgress":
        return _poll_soon(Response(status=202))
    made = operation.made
    return _poll_soon(jsonify(made) if made else Response(status=204))


def _poll_soon(response: Response) -> Response:
    response.headers["x-ms-retry-after-ms"] = POLL_MILLISECONDS
    return response
