"""Which operations of Azure's API the local workspace serves, as the workspace itself answers."""

from __future__ import annotations

import inspect
import re
import time
import warnings
from collections import defaultdict
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.background import job_service
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from tests.conformance.fixtures import areas
from tests.conformance.page import template
from tests.coverage_page import reason, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

SCOPE = WorkspaceScope("sub", "grp", "wsp")
_GIVEN = {"subscription_id": "sub", "resource_group_name": "grp", "workspace_name": "wsp"}
# 405 says that nothing of the kind is ever deleted, 501 that it is not here.
_REFUSALS = (405, 501)
_BOUND = re.compile(r"\$\{(registries|workspaces)\}")
_NO_ROUTE = "is not served by the local workspace"
_ABOVE = re.compile(r".*/(workspaces/wsp|providers/Microsoft.MachineLearningServices)(?=/|$)")


class Operation(NamedTuple):
    """An operation of the API, and what it meets here: replayed, served, refused, or nothing."""

    name: str
    method: str
    path: str
    here: str


def operations(state: Path) -> list[Operation]:
    """Return the API's operations, each sent to a new workspace that runs jobs, without a body."""
    identity = WorkspaceIdentity("secret")
    workspace = build_workspace(SCOPE, identity, state)
    service = job_service(workspace, master="local[1]", environment={})
    app = create_app(replace(workspace, job_service=service))
    token = f"Bearer {identity.token('https://management.azure.com', time.time())}"
    replayed = _replayed()
    found = []
    for name, method, path in _requests():
        here, below = _outcome(app, token, method, path, state), _below(path)
        verdicts = replayed.get(template(f"{method} {below.removeprefix('/')}"), [])
        if here == "served" and verdicts:
            here = f"replayed: {sum(verdicts)} of {len(verdicts)} equal"
        found.append(Operation(name, method, below, here))
    return found


def _replayed() -> dict[str, list[bool]]:
    """Return whether the recorded exchanges of each request are equal here."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for area in areas():
        for recording in area.recordings:
            for exchange in recording.exchanges:
                # ${registries} is the address of all registries, as ${workspace} is of all else.
                request = _BOUND.sub(r"\1", exchange.request).replace("${workspace}", "")
                is_equal = not exchange.differs and not exchange.is_refused
                verdicts[template(request)].append(is_equal)
    return verdicts


def _requests() -> Iterator[tuple[str, str, str]]:
    """Make the request of each operation as the client does, with names for what it names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing the SDK warns of marshmallow and urllib3
        module = import_module("azure.ai.ml._restclient.arm_ml_service.operations._operations")
    for name, build in vars(module).items():
        if name.startswith("build_"):
            request = build(**_given(build))
            path = request.url.partition("?")[0]
            yield name.removeprefix("build_").removesuffix("_request"), request.method, path


def _given(build: Callable[..., object]) -> dict[str, str]:
    """Name what a request names: the workspace by its names, all others by those of parameters."""
    parameters = inspect.signature(build).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    return {name: _GIVEN.get(name, name.replace("_", "-")) for name in needed}


def _outcome(app: Flask, token: str, method: str, path: str, state: Path) -> str:
    answer = app.test_client().open(path, method=method, headers={"Authorization": token})
    if answer.status_code in _REFUSALS:
        message = answer.get_json()["error"]["message"].replace(str(state), "LAKE")
        return "not served" if _NO_ROUTE in message else f"refused: {reason(message)}"
    # A route of its own: nothing else may answer in its place.
    app.url_map.bind("host").match(path, method=method)
    return "served"


def _below(path: str) -> str:
    return _ABOVE.sub("", path) or "/"


def operation_table(state: Path) -> str:
    """Return the table of the API's operations, in the API's order."""
    heads = ("operation", "request", "here")
    return table(heads, [(o.name, f"`{o.method} {o.path}`", o.here) for o in operations(state)])
