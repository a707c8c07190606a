"""Operations that take a while, and the routes by which Azure's pollers follow them."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flask import Blueprint, Response, g, jsonify, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["InProgress", "Succeeded", "Failed"]
_POLL_MILLISECONDS = "50"


@dataclass
class _Operation:
    polls_to_come: int
    ended: threading.Event = field(default_factory=threading.Event)
    error: str | None = None

    def state(self) -> State:
        self.polls_to_come -= 1
        if self.polls_to_come >= 0 or not self.ended.is_set():
            return "InProgress"
        return "Failed" if self.error else "Succeeded"


class Operations:
    """What the workspace does beside its answers; it is forgotten with the process."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._begun: dict[str, _Operation] = {}

    def begin(self, response: Response, work: Callable[[], None] | None = None) -> Response:
        """Do `work` beside the answer `response`, which says where to ask if it is done.

        What `work` raises fails the operation, and is its error's message.
        """
        operation, name = _Operation(polls_to_come=int(g.get("slow_polls", 0))), uuid.uuid4().hex
        self._begun[name] = operation
        if work:
            threading.Thread(target=_do, args=(work, operation), daemon=True).start()
        else:
            operation.ended.set()
        url = f"{request.host_url.rstrip('/')}{self._place}"
        response.headers["Azure-AsyncOperation"] = f"{url}/operationsStatus/{name}"
        response.headers["Location"] = f"{url}/operationResults/{name}"
        response.headers["x-ms-retry-after-ms"] = _POLL_MILLISECONDS
        return response

    def routes(self) -> Blueprint:
        """Serve the operations that were begun."""
        routes = Blueprint("operations", __name__, url_prefix=self._place)

        @routes.get("/operationsStatus/<name>")
        def status(name: str) -> Response:
            operation = self._find(name)
            state = operation.state()
            answer: dict[str, object] = {"id": request.path, "name": name, "status": state}
            if state == "Failed":
                answer["error"] = {"code": "UserError", "message": operation.error}
            return _soon(jsonify(answer))

        @routes.get("/operationResults/<name>")
        def result(name: str) -> Response:
            operation = self._find(name)
            state = operation.state()
            if state == "Failed":
                raise ArmError(400, "UserError", operation.error or "")
            return _soon(Response(status=202 if state == "InProgress" else 204))

        return routes

    @property
    def _place(self) -> str:
        return f"/subscriptions/{self._scope.subscription_id}/providers/{PROVIDER}/locations/local"

    def _find(self, name: str) -> _Operation:
        if name not in self._begun:
            raise ArmError(404, "NotFound", f"operation {name!r} is not one of this workspace")
        return self._begun[name]


def _do(work: Callable[[], None], operation: _Operation) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 (whatever it is, the poller is told)
        operation.error = str(error) or type(error).__name__
    operation.ended.set()


def _soon(response: Response) -> Response:
    response.headers["x-ms-retry-after-ms"] = _POLL_MILLISECONDS
    return response
