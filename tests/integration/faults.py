"""Faults that a test plans for the workspace: what clouds do to clients on a bad day."""

from __future__ import annotations

import base64
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Literal

from flask import Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.operations import POLL_MILLISECONDS, RESULT, STATUS

if TYPE_CHECKING:
    from flask import Flask

Fault = Literal["throttle", "drop", "fail half-way", "slow", "expire"]
_SLOW_POLLS = 3
# What Azure says of a token that was revoked: get another, not the one that you kept.
_CLAIMS = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"0"}}}').decode()
_CHALLENGE = f'Bearer realm="", error="insufficient_claims", claims="{_CLAIMS}"'


class Faults:
    """The faults to come, one for each request whose method and path end match, then no more."""

    def __init__(self) -> None:
        self._planned: deque[tuple[str, str, Fault]] = deque()
        self._polls_to_come: dict[str, int] = {}
        self._lock = threading.Lock()

    def plan(self, fault: Fault, method: str, path_end: str) -> None:
        self._planned.append((method, path_end, fault))

    @property
    def are_over(self) -> bool:
        return not self._planned

    def install(self, app: Flask) -> None:
        """Throttle, drop and expire before the work is done; fail half-way when it is."""
        app.before_request(self._before)
        app.after_request(self._after)

    def _take(self, *kinds: Fault) -> Fault | None:
        with self._lock:
            for planned in self._planned:
                method, path_end, fault = planned
                is_due = request.method == method and request.path.endswith(path_end)
                if is_due and fault in kinds:
                    self._planned.remove(planned)
                    return fault
        return None

    def _before(self) -> Response | None:
        fault = self._take("throttle", "drop", "expire")
        if fault == "expire":
            expired = ArmError(401, "ExpiredAuthenticationToken", "a planned fault").response()
            expired.headers["WWW-Authenticate"] = _CHALLENGE
            return expired
        if fault == "throttle":
            throttled = ArmError(429, "TooManyRequests", "a planned fault").response()
            throttled.headers["Retry-After"] = "0"
            return throttled
        if fault == "drop":
            connection: socket.socket = request.environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
        return self._poll_slowly()

    def _after(self, response: Response) -> Response:
        if self._take("fail half-way"):
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
