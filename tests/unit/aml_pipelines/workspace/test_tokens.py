"""Tokens: who gets them, for which service each is good, and what is told to who has none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.app import create_app, create_identity_app
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity, endpoint_audience
from tests.unit.aml_pipelines.workspace.rest import MANAGEMENT, WORKSPACE, Client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def test_without_a_token_of_this_workspace_there_is_only_401(client: Client) -> None:
    def refusal(token: str) -> str:
        client.token = token
        return client.refusal("GET", "/data")

    now = time.time()
    foreign = WorkspaceIdentity("secret").token(MANAGEMENT, now)
    assert refusal("") == "401 AuthenticationFailed: the request has no Bearer token"
    assert refusal("nonsense").startswith("401 InvalidAuthenticationToken")
    assert refusal(foreign).startswith("401 InvalidAuthenticationToken")


def test_an_expired_token_and_one_for_another_service_are_401(tmp_path: Path) -> None:
    identity = WorkspaceIdentity("secret", lifetime=60)
    http = create_app(
        build_workspace(WorkspaceScope("s", "g", "w"), identity, tmp_path)
    ).test_client()

    def refusal(token: str) -> str:
        response = http.get(f"{WORKSPACE}/data", headers={"Authorization": f"Bearer {token}"})
        return f"{response.status_code} {response.get_json()['error']['code']}"

    expired = identity.token(MANAGEMENT, time.time() - 61)
    elsewhere = identity.token("https://graph.microsoft.com", time.time())
    assert refusal(expired) == "401 ExpiredAuthenticationToken"
    assert refusal(elsewhere) == "401 InvalidAuthenticationTokenAudience"


@pytest.mark.parametrize(
    ("audience", "statuses"),
    [
        (MANAGEMENT, (200, 401, 401)),
        ("https://ml.azure.com", (200, 401, 401)),
        ("https://storage.azure.com", (401, 200, 401)),
        (endpoint_audience("scored"), (401, 401, 404)),
    ],
)
def test_a_token_is_good_for_the_service_alone_for_which_it_was_issued(
    tmp_path: Path, audience: str, statuses: tuple[int, ...]
) -> None:
    client = Client(tmp_path)
    body = {"location": "here", "properties": {"authMode": "AMLToken"}}
    assert client.send("PUT", "/onlineEndpoints/scored", body).status_code == 201
    client.token = client.identity.token(audience, time.time())
    asked = {"headers": {"Authorization": f"Bearer {client.token}"}}
    storage = "/storage/lake.blob.core.windows.net/lake?restype=container&comp=list"
    answers = (
        client.send("GET", "/data"),
        client.http.get(storage, **asked),
        client.http.post("/scoring/online/scored/score", **asked),
    )
    assert tuple(answer.status_code for answer in answers) == statuses


def test_who_has_no_right_is_not_told_which_endpoints_there_are(client: Client) -> None:
    body = {"location": "here", "properties": {"authMode": "Key"}}
    client.send("PUT", "/onlineEndpoints/hidden", body)
    answer = client.http.post("/scoring/online/none/score")
    assert answer.status_code == 401
    assert "hidden" not in answer.text


def test_the_identity_endpoint_gives_tokens_to_jobs_only(tmp_path: Path) -> None:
    scope, identity = WorkspaceScope("s", "g", "w"), WorkspaceIdentity("secret")
    http = create_identity_app(build_workspace(scope, identity, tmp_path)).test_client()
    right, wrong = {"X-IDENTITY-HEADER": "secret"}, {"X-IDENTITY-HEADER": "guess"}

    granted = http.get(f"/token?resource={MANAGEMENT}", headers=right)
    assert granted.status_code == 200
    assert granted.get_json()["token_type"] == "Bearer"
    assert int(granted.get_json()["expires_on"]) > time.time()
    assert http.get(f"/token?resource={MANAGEMENT}", headers=wrong).status_code == 401
    assert http.get(f"/token?resource={MANAGEMENT}").status_code == 401
    other = {"X-IDENTITY-HEADER": "g\xfcess"}
    assert http.get(f"/token?resource={MANAGEMENT}", headers=other).status_code == 401
    assert http.get("/token?resource=https://elsewhere", headers=right).status_code == 400
