"""A client of plain HTTPS, which sends what `az rest` sends."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping


class PlainClient:
    """A client of the workspace that `env` names, with a token of its own."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._address = env["AZUREML_DEV_URL_MFE"]
        self._trusted = ssl.create_default_context(cafile=env["REQUESTS_CA_BUNDLE"])
        self.workspace = (
            f"/subscriptions/{env['AZUREML_ARM_SUBSCRIPTION']}"
            f"/resourceGroups/{env['AZUREML_ARM_RESOURCEGROUP']}"
            "/providers/Microsoft.MachineLearningServices"
            f"/workspaces/{env['AZUREML_ARM_WORKSPACE_NAME']}"
        )
        endpoint = f"{env['IDENTITY_ENDPOINT']}?resource=https://management.azure.com"
        asked = Request(endpoint, headers={"X-IDENTITY-HEADER": env["IDENTITY_HEADER"]})  # noqa: S310 # loopback
        with urlopen(asked, timeout=10) as answer:  # noqa: S310 # loopback
            self._token = json.load(answer)["access_token"]

    def send(
        self, method: str, path: str, body: object = None, *, timeout: float = 60
    ) -> tuple[int, Any]:
        """Send a request to `path`; return the answer's status and its JSON."""
        request = Request(  # noqa: S310 # loopback, https
            f"{self._address}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urlopen(request, context=self._trusted, timeout=timeout) as answer:  # noqa: S310 # loopback
                return answer.status, _parsed(answer.read())
        except HTTPError as error:
            return error.code, _parsed(error.read())


def _parsed(body: bytes) -> Any:  # noqa: ANN401 # JSON
    try:
        return json.loads(body)
    except ValueError:
        pytest.fail(f"the answer is no JSON: {body[:2000]!r}")
