"""One server's workspaces: which one answers a request, and what is left of one that is deleted."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client as HttpClient

from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.several import Workspaces
from aml_pipelines.workspace.state import StateFolder
from tests.tracking import lay_tracking
from tests.unit.aml_pipelines.workspace.rest import MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

PROVIDER = "providers/Microsoft.MachineLearningServices"
GROUP = f"/subscriptions/s/resourceGroups/g/{PROVIDER}/workspaces"
FIRST, OTHER, ELSEWHERE = (
    f"{GROUP}/first",
    f"{GROUP}/other",
    f"/subscriptions/t/resourceGroups/h/{PROVIDER}/workspaces/other",
)
TOLD = {"location": "here", "properties": {}}
TRAIN = {"properties": {"dataType": "uri_folder", "dataUri": "azureml://datastores/lake/paths/a"}}
STORAGE = "https://storage.azure.com"


class Server:
    """The workspaces in `lake`, and a holder of tokens who sends requests to them."""

    def __init__(self, lake: Path) -> None:
        self.identity = WorkspaceIdentity("secret")
        first = build_workspace(WorkspaceScope("s", "g", "first"), self.identity, lake)
        self.workspaces = Workspaces(first, nullcontext, lambda _: None)
        self._http = HttpClient(self.workspaces)

    def send(
        self, method: str, path: str, body: object = None, audience: str = MANAGEMENT
    ) -> TestResponse:
        token = self.identity.token(audience, time.time())
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self._http.open(
            path,
            base_url="https://127.0.0.1",
            method=method,
            headers={"Authorization": f"Bearer {token}", "x-ms-blob-type": "BlockBlob"},
            **(given if body is not None else {}),
        )

    def names(self) -> list[str]:
        listed = self.send("GET", f"/subscriptions/s/{PROVIDER}/workspaces").get_json()["value"]
        return [item["name"] for item in listed]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lay_tracking(tmp_path)
    return tmp_path


@pytest.fixture
def server(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # MLflow's migrations take 3 s, and nothing here needs its tables.
    monkeypatch.setattr("aml_pipelines.workspace.several.prepare_tracking", lay_tracking)
    server = Server(lake)
    with server.workspaces:
        yield server


def test_a_workspace_that_is_put_is_there_with_what_was_said_of_it(server: Server) -> None:
    made = server.send(
        "PUT", OTHER, {**TOLD, "tags": {"a": "b"}, "properties": {"friendlyName": "The other"}}
    )
    found = server.send("GET", OTHER).get_json()

    assert made.status_code == 201
    assert (found["id"], found["name"], found["tags"]) == (OTHER, "other", {"a": "b"})
    assert found["properties"]["friendlyName"] == "The other"
    assert (
        found["properties"]["workspaceId"]
        != (server.send("GET", FIRST).get_json()["properties"]["workspaceId"])
    )
    assert server.names() == ["first", "other"]
    assert server.send("PUT", OTHER, TOLD).status_code == 200


def test_workspaces_of_one_name_in_two_groups_are_two(server: Server) -> None:
    server.send("PUT", OTHER, TOLD)
    server.send("PUT", ELSEWHERE, TOLD)
    server.send("PUT", f"{ELSEWHERE}/data/train/versions/1", TRAIN)

    assert server.send("GET", f"{ELSEWHERE}/data/train/versions/1").status_code == 200
    assert server.send("GET", f"{OTHER}/data/train/versions/1").status_code == 404
    assert server.send("GET", f"{FIRST}/data/train/versions/1").status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{GROUP}/First", "409 workspace 'First' exists already"),
        (f"{GROUP}/no", "400 workspace 'no' is not a name that Azure takes for one"),
        (f"{GROUP}/..", "400 workspace '..' is not a name that Azure takes for one"),
        (
            GROUP.replace("resourceGroups/g", "resourceGroups/..") + "/other",
            "400 resource group '..' is not a name that Azure takes for one",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(server: Server, path: str, said: str) -> None:
    refused = server.send("PUT", path, TOLD)

    assert f"{refused.status_code} {refused.get_json()['error']['message']}" == said
    assert server.names() == ["first"]


def test_a_hub_is_refused_by_name(server: Server) -> None:
    refused = server.send("PUT", OTHER, {**TOLD, "kind": "Hub"})

    assert refused.status_code == 501
    assert "kind 'Hub' is not served" in refused.text


def test_what_one_workspace_stores_no_other_has(server: Server) -> None:
    server.send("PUT", OTHER, TOLD)
    described = server.send("GET", f"/datastore/v1.0{OTHER}/datastores/lake").get_json()
    account = described["azureStorageSection"]["accountName"].removeprefix("127.0.0.1")
    ours, theirs = (
        "/storage/lake.blob.core.windows.net/lake/a.txt",
        f"{account}.blob.b/lake/a.txt",
    )
    server.send("PUT", theirs, b"theirs", STORAGE)

    assert server.send("GET", theirs, audience=STORAGE).data == b"theirs"
    assert server.send("GET", ours, audience=STORAGE).status_code == 404
    signed = f"{ours}?{described['azureStorageSection']['credential']}"
    server.send("PUT", ours, b"ours", STORAGE)
    assert server.send("GET", signed, audience=MANAGEMENT).status_code == 403


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://subscriptions/s/resourcegroups/g/workspaces/first/datastores/lake/paths/a",
        f"azureml:{FIRST}/data/rows/versions/1",
    ],
)
def test_what_is_in_another_workspace_is_not_taken_for_ones_own(server: Server, uri: str) -> None:
    server.send("PUT", OTHER, TOLD)
    body = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
    refused = server.send("PUT", f"{OTHER}/data/train/versions/1", body)

    assert refused.status_code == 400
    assert "names what is in workspace 'first'" in refused.get_json()["error"]["message"]
    assert server.send("PUT", f"{FIRST}/data/train/versions/1", body).status_code != 400


def test_a_blob_may_be_named_like_a_workspace(server: Server) -> None:
    server.send("PUT", OTHER, TOLD)
    blob = f"/storage/lake.blob.core.windows.net/lake{OTHER}/a.txt"
    server.send("PUT", blob, b"ours", STORAGE)

    assert server.send("GET", blob, audience=STORAGE).data == b"ours"
    assert server.send("GET", f"/at/s/g/other{blob}", audience=STORAGE).status_code == 404


def test_addresses_that_answers_give_lead_to_the_workspace_that_gave_them(server: Server) -> None:
    server.send("PUT", OTHER, TOLD)
    put = server.send("PUT", f"{OTHER}/data/train/versions/1", TRAIN)

    location = put.headers["Location"].removeprefix("https://127.0.0.1")
    assert (
        server.send("GET", location)
        .get_json()["properties"]["dataUri"]
        .startswith("azureml://subscriptions/s/resourcegroups/g/workspaces/other/")
    )


def test_registries_and_groups_are_the_servers(server: Server) -> None:
    server.send("PUT", ELSEWHERE, TOLD)
    registry = f"/subscriptions/s/resourceGroups/g/{PROVIDER}/registries/shared"
    server.send("PUT", registry, TOLD)

    discovery = "registrymanagement/v1.0/registries/shared/discovery"
    for prefix in ("", "/at/t/h/other"):
        found = server.send("GET", f"{prefix}/{discovery}").get_json()
        assert (found["subscriptionId"], found["resourceGroup"]) == ("s", "g")
    assert server.send("HEAD", "/subscriptions/t/resourcegroups/h").status_code == 204
    assert server.send("HEAD", "/subscriptions/t/resourcegroups/g").status_code == 404
    assert server.send("DELETE", "/subscriptions/t/resourcegroups/h").status_code == 409


def test_workspaces_are_there_after_a_restart(lake: Path, server: Server) -> None:
    server.send("PUT", OTHER, TOLD)
    server.send("PUT", f"{OTHER}/data/train/versions/1", TRAIN)

    again = Server(lake)
    with again.workspaces:
        assert again.names() == ["first", "other"]
        assert again.send("GET", f"{OTHER}/data/train/versions/1").status_code == 200


@pytest.mark.parametrize(("query", "kept"), [("", 1), ("?forceToPurge=true", 0)])
def test_a_workspace_that_is_deleted_is_kept_apart_unless_it_is_purged(
    lake: Path, server: Server, query: str, kept: int
) -> None:
    server.send("PUT", OTHER, TOLD)
    server.send("PUT", f"{OTHER}/data/train/versions/1", TRAIN)
    deleted = server.send("DELETE", f"{OTHER}{query}")
    polled = deleted.headers["Azure-AsyncOperation"].removeprefix("https://127.0.0.1")

    assert (deleted.status_code, server.send("GET", polled).get_json()["status"]) == (
        202,
        "Succeeded",
    )
    assert server.names() == ["first"]
    assert server.send("GET", OTHER).status_code == 404
    assert server.send("DELETE", OTHER).status_code == 204
    gone = server.send("GET", "/at/s/g/other/storage/lake.blob.b/lake/a", audience=STORAGE)
    assert (gone.status_code, gone.get_json()["error"]["code"]) == (404, "ResourceNotFound")
    assert len(list(StateFolder(lake).deleted_workspaces.glob("other-*"))) == kept
    server.send("PUT", OTHER, TOLD)
    assert server.send("GET", f"{OTHER}/data/train/versions/1").status_code == 404


def test_the_first_workspace_is_never_deleted(lake: Path, server: Server) -> None:
    refused = server.send("DELETE", FIRST)

    assert refused.status_code == 405
    assert f"'first' is its lake, {str(lake)!r}" in refused.get_json()["error"]["message"]


def test_a_workspaces_own_files_are_its_owners_alone(lake: Path, server: Server) -> None:
    server.send("PUT", OTHER, TOLD)

    (folder,) = StateFolder(lake).workspace_folders()
    assert StateFolder(folder).registry.stat().st_mode & 0o077 == 0
    hidden = "/storage/lake.blob.core.windows.net/lake?restype=container&comp=list"
    assert b"workspaces" not in server.send("GET", hidden, audience=STORAGE).data
