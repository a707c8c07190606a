"""Faults that are planned for the workspace: what clouds do to clients on a bad day."""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING

from flask import Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.fault_rules import ComingFaults, FaultRule
from aml_pipelines.workspace.http.operations import POLL_MILLISECONDS, RESULT, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from aml_pipelines.workspace.http.fault_rules import Fault

_SLOW_POLLS = 3
# What Azure says of a token that was revoked: get another, not the one that you kept.
_CLAIMS = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"0"}}}').decode()
_CHALLENGE = f'Bearer realm="", error="insufficient_claims", claims="{_CLAIMS}"'


class Faults:
    """The faults that the workspace's requests meet."""

    def __init__(self, rules: Iterable[FaultRule] = ()) -> None:
        self._coming = ComingFaults(rules)
        self._polls_to_come: dict[str, int] = {}

    def plan(self, fault: Fault, method: str, path_end: str) -> None:
        """Plan a fault for the next request of `method` to a path that ends in `path_end`."""
        self._coming.plan(FaultRule(fault, method, f"*{path_end}"))

    @property
    def are_over(self) -> bool:
        return self._coming.are_over

    def install(self, app: Flask) -> None:
        """Throttle, drop and revoke before the work is done; fail when it is."""
        app.before_request(self._before)
        app.after_request(self._after)

    def _take(self, *kinds: Fault) -> Fault | None:
        return self._coming.take(kinds, request.method, request.path)

    def _before(self) -> Response | None:
        fault = self._take("throttle", "drop", "revoke")
        if fault == "revoke":
            revoked = ArmError(401, "ExpiredAuthenticationToken", "a planned fault").response()
            revoked.headers["WWW-Authenticate"] = _CHALLENGE
            return revoked
        if fault == "throttle":
            throttled = ArmError(429, "TooManyRequests", "a planned fault").response()
            throttled.headers["Retry-After"] = "0"
            return throttled
        if fault == "drop":
            connection: socket.socket = request.environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
        return self._poll_slowly()

    def _after(self, response: Response) -> Response:
        if self._take("fail"):
            return ArmError(500, "InternalServerError", "a planned fault").response()
        operation = response.headers.get("Azure-AsyncOperation")
        if operation and self._take("slow"):
            self._polls_to_come[operation.rpartition("/")[2]] = _SLOW_POLLS
        return response

    def _poll_slowly(self) -> Response | None:
        folder, _, operation = request.path.rpartition("/")
        if not self._polls_to_come.get(operation):
            return None
        self._polls_to_come[operation] -= 1
        if folder.endswith(STATUS):
            waiting = jsonify(id=request.path, name=operation, status="InProgress")
        elif folder.endswith(RESULT):
            waiting = Response(status=202)
        else:
            return None
        waiting.headers["x-ms-retry-after-ms"] = POLL_MILLISECONDS
        return waiting
