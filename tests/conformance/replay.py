"""Replays recorded sessions against the workspace's app, each on a lake of its own."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from aml_pipelines.pipeline.environments.choose import Policy
from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.background import job_service
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.http.operations import Operations
from tests.conformance.shapes import differences
from tests.tracking import lay_tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from flask import Response
    from werkzeug.test import TestResponse

    from tests.conformance.fixtures import Exchange, Recording, Tolerance

SCOPE = WorkspaceScope("s", "g", "w")
# What clients read of an answer's headers; all others are the service's telemetry.
_HEADERS = ("Location", "Azure-AsyncOperation", "Retry-After", "ETag", "x-ms-retry-after-ms")
_HEADER = "header "
_REFUSALS = (400, 501)
Verdict = Literal["equal", "differs", "refused"]


@dataclass(frozen=True)
class Outcome:
    """What became of an exchange here: `lines` are its differences, or the refusal."""

    verdict: Verdict
    lines: tuple[str, ...] = ()


def stated(exchange: Exchange) -> Outcome:
    """Return the outcome that an exchange says it has."""
    if exchange.is_refused:
        return Outcome("refused", exchange.differs)
    return Outcome("differs", exchange.differs) if exchange.differs else Outcome("equal")


def replay(
    recording: Recording, lake: Path, tolerated: Sequence[Tolerance]
) -> Iterator[tuple[Exchange, Outcome]]:
    """Replay the exchanges of `recording`; raises RuntimeError if what is given is refused."""
    session = Session(lake)
    session.make(recording)
    for exchange in recording.exchanges:
        response = session.send(exchange.request, exchange.body)
        yield exchange, session.outcome(exchange, response, tolerated)
        session.bind(exchange.bind, response)


class _EndedAtOnce(Operations):
    """Operations without work: what is compared is what is said of them, not a scoring server."""

    def begin(self, response: Response, work: Callable[[], None] | None = None) -> Response:
        del work
        return super().begin(response)


@dataclass
class Session:
    """A caller of a workspace that takes jobs and starts none, and what it has read so far."""

    lake: Path
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lake.mkdir(parents=True, exist_ok=True)
        lay_tracking(self.lake)
        identity = WorkspaceIdentity("secret")
        workspace = replace(
            build_workspace(SCOPE, identity, self.lake),
            operations=_EndedAtOnce(SCOPE.subscription_id),
        )
        allowed = Policy(stand_ins=("automl=flaml",))
        service = job_service(workspace, master="local[1]", environment={}, policy=allowed)
        self.http = create_app(replace(workspace, job_service=service)).test_client()
        self.token = identity.token("https://management.azure.com", time.time())
        workspaces = SCOPE.id.removesuffix("/w")
        self.names |= {
            "workspace": SCOPE.id,
            "subscription": "s",
            "group": "g",
            "name": "w",
            "workspaces": workspaces,
            "registries": f"{workspaces.removesuffix('workspaces')}registries",
            "registry_addresses": "/registrymanagement/v1.0/registries",
        }

    def make(self, recording: Recording) -> None:
        """Make what the recorded session found; raises RuntimeError where that is refused."""
        for file in recording.files:
            (self.lake / file).parent.mkdir(parents=True, exist_ok=True)
            (self.lake / file).write_text("flavors: {}\n")
        for given in recording.given:
            response = self.send(given.request, given.body)
            if response.status_code >= min(_REFUSALS):
                text = response.get_data(as_text=True)
                raise RuntimeError(f"{recording.name}: {given.request}: {text}")
            self.bind(given.bind, response)

    def send(self, request: str, body: object) -> TestResponse:
        """Send a request, with the names that are bound in place of `${name}`."""
        method, path = self._filled(request).split(" ", 1)
        is_whole = path.startswith(("/", "https:"))
        return self.http.open(
            path if is_whole else f"{SCOPE.id}/{path}",
            base_url="https://localhost",
            method=method,
            # In the order of its keys, which the service keeps.
            data=None if body is None else json.dumps(self._filled_in(body)),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )

    def outcome(
        self, exchange: Exchange, response: TestResponse, tolerated: Sequence[Tolerance]
    ) -> Outcome:
        """Compare an answer with the recorded one."""
        if response.status_code in _REFUSALS and exchange.status != response.status_code:
            # What a refusal lists after its first clause is what there is, which may grow.
            message = json.loads(response.data)["error"]["message"].partition(";")[0]
            return Outcome("refused", (f"{response.status_code} {message}",))
        lines = [
            line
            for line in (*self._of_head(exchange, response), *self._of_body(exchange, response))
            if not any(item.covers(exchange.request, line) for item in tolerated)
        ]
        return Outcome("differs", tuple(lines)) if lines else Outcome("equal")

    def bind(self, names: Mapping[str, str], response: TestResponse) -> None:
        """Remember parts of an answer by name: a header, or a path of keys of its body."""
        for name, source in names.items():
            if source.startswith(_HEADER):
                self.names[name] = response.headers.get(source.removeprefix(_HEADER), "")
                continue
            value = response.get_json(silent=True)
            for key in source.split("."):
                value = value[key] if isinstance(value, dict) and key in value else ""
            self.names[name] = str(value)

    def _of_head(self, exchange: Exchange, response: TestResponse) -> Iterator[str]:
        if response.status_code != exchange.status:
            yield f"status: {exchange.status}, here {response.status_code}"
        for name in _HEADERS:
            recorded, here = exchange.headers.get(name), response.headers.get(name)
            if recorded and not here:
                yield f"header {name}: {recorded}, missing here"
            elif here and not recorded:
                yield f"header {name}: not there"
            elif here and recorded and _kind(here, response) != recorded:
                yield f"header {name}: {recorded}, here {_kind(here, response)}"

    def _of_body(self, exchange: Exchange, response: TestResponse) -> list[str]:
        answer = response.get_json(silent=True)
        return differences(self._filled_in(exchange.answer), answer, SCOPE.id)

    def _filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"${{{name}}}", value)
        return text

    def _filled_in(self, value: object) -> object:
        if isinstance(value, dict):
            return {key: self._filled_in(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled_in(item) for item in value]
        return self._filled(value) if isinstance(value, str) else value


def _kind(address: str, response: TestResponse) -> str:
    """Return which address a header has: the request's own, or one of an operation."""
    if address == response.request.url:
        return "the request"
    if "/operationsStatus/" in address.replace("OperationsStatus", "operationsStatus"):
        return "an operation"
    return "a result" if "perationResults/" in address else address
