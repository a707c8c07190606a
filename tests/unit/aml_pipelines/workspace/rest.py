"""A client of the workspace's REST front, without a socket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from werkzeug.test import TestResponse

MANAGEMENT = "https://management.azure.com"
WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


class Client:
    """A holder of a token that sends requests below the workspace."""

    def __init__(self, lake: Path) -> None:
        self.identity = WorkspaceIdentity("secret")
        self.http = create_app(
            build_workspace(WorkspaceScope("s", "g", "w"), self.identity, lake)
        ).test_client()
        self.token = self.identity.token(MANAGEMENT, time.time())

    def send(self, method: str, route: str, body: object = None, **headers: str) -> TestResponse:
        return self.http.open(
            f"{WORKSPACE}{route}",
            method=method,
            json=body,
            headers={
                "Authorization": f"Bearer {self.token}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def refusal(self, method: str, route: str, body: object = None, **headers: str) -> str:
        response = self.send(method, route, body, **headers)
        error = response.get_json()["error"]
        return f"{response.status_code} {innermost(error)}: {error['message']}"


def innermost(error: Mapping[str, Any]) -> str:
    """Return what an error is inside of the code that the service gives to all of a user's."""
    details = [detail["code"] for detail in error.get("details", ())]
    inner = [about["info"]["value"]["code"] for about in error.get("additionalInfo", ())]
    return str([*details, *inner, error["code"]][0])
