"""Operations that take a while: a thread works after the answer, and pollers read its state."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flask import Response, request

from aml_pipelines.workspace.http.arm import PROVIDER, ArmError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aml_pipelines.workspace.http.fields import JsonObject

# Where Azure's pollers follow an operation: its state, and its result.
STATUS, RESULT = "operationsStatus", "operationResults"
# Without this, Azure's pollers wait 30 s between two polls.
POLL_MILLISECONDS = "50"
ACCEPTED = 202
OperationState = Literal["InProgress", "Succeeded", "Failed"]


@dataclass
class Operation:
    """Work that was begun; `error` is why it failed."""

    ended: threading.Event = field(default_factory=threading.Event)
    error: str | None = None
    made: None = None

    @property
    def state(self) -> OperationState:
        if not self.ended.is_set():
            return "InProgress"
        return "Failed" if self.error else "Succeeded"


@dataclass(frozen=True)
class Following:
    """Work that something else does, which `is_over` looks at; `made` is what it makes."""

    is_over: Callable[[], bool]
    made: JsonObject | None = None
    error: None = None

    @property
    def state(self) -> OperationState:
        return "Succeeded" if self.is_over() else "InProgress"


class Operations:
    """The operations of a subscription; they are forgotten when the process ends."""

    def __init__(self, subscription: str) -> None:
        self._folder = f"/subscriptions/{subscription}/providers/{PROVIDER}/locations/local"
        self._begun: dict[str, Operation | Following] = {}

    def begin(self, response: Response, work: Callable[[], None] | None = None) -> Response:
        """Start `work` in a thread; returns `response` with the addresses that say how it ends.

        An exception of `work` fails the operation, with the exception's message.
        """
        operation = Operation()
        name = self._named(operation)
        if work:
            # A daemon: work that hangs must not keep the server from ending.
            threading.Thread(target=_do, args=(work, operation), daemon=True).start()
        else:
            operation.ended.set()
        response.headers["Azure-AsyncOperation"] = self._address(STATUS, name)
        # Without a resource in the answer there is only the operation's own result to look at.
        if response.status_code == ACCEPTED:
            response.headers["Location"] = self._address(RESULT, name)
        response.headers["x-ms-retry-after-ms"] = POLL_MILLISECONDS
        return response

    def follow(self, is_over: Callable[[], bool], made: JsonObject | None = None) -> Response:
        """Answer 202 with the address of a result, `made` if it has any, once `is_over`."""
        response = Response(status=ACCEPTED)
        name = self._named(Following(is_over, made))
        response.headers["Location"] = self._address(RESULT, name)
        response.headers["x-ms-retry-after-ms"] = POLL_MILLISECONDS
        return response

    def get(self, name: str) -> Operation | Following:
        """Return an operation; refuses (404) a name that was not begun in this process."""
        if name not in self._begun:
            raise ArmError(404, "NotFound", f"operation {name!r} is not one of this workspace")
        return self._begun[name]

    def _named(self, operation: Operation | Following) -> str:
        name = uuid.uuid4().hex
        self._begun[name] = operation
        return name

    def _address(self, kind: str, name: str) -> str:
        return f"https://{request.host}{self._folder}/{kind}/{name}"


def _do(work: Callable[[], None], operation: Operation) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 # whatever it is, the poller reads it
        operation.error = str(error) or type(error).__name__
    operation.ended.set()
