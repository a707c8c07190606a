"""Storage refuses what is wrong by a code, changes nothing then, and lists whatever is there."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.references import datastore_path
from aml_pipelines.workspace.state import StateFolder
from tests.unit.aml_pipelines.workspace.full_disk import full_disk
from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from werkzeug.test import TestResponse

LAKE = "/storage/lake.blob.core.windows.net/lake"
LIST = "?restype=container&comp=list"


class Storage(NamedTuple):
    client: Client

    def send(
        self, method: str, path: str, data: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        token = self.client.identity.token("https://storage.azure.com", time.time())
        sent = {"Authorization": f"Bearer {token}", "x-ms-blob-type": "BlockBlob"}
        return self.client.http.open(
            f"{LAKE}{path}", method=method, data=data, headers={**sent, **(headers or {})}
        )


def said(answer: TestResponse) -> str:
    return f"{answer.status_code} {answer.headers.get('x-ms-error-code')}"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_text("hello")
    return Storage(Client(tmp_path))


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/a%01b", "400 InvalidUri"),
        ("/%00", "400 InvalidUri"),
        ("/" + "x" * 256, "400 InvalidUri"),
        ("/raw", "409 ResourceTypeMismatch"),
        ("/raw/a.txt/b", "409 ResourceTypeMismatch"),
        ("/loop", "400 InvalidUri"),
        ("/loop/x", "400 InvalidUri"),
        ("/raw/b?comp=block", "400 InvalidQueryParameterValue"),
        ("/raw/b?comp=block&blockid=" + "x" * 89, "400 InvalidQueryParameterValue"),
    ],
)
def test_a_blob_that_cannot_be_is_refused(
    storage: Storage, tmp_path: Path, path: str, refusal: str
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert said(storage.send("PUT", path, b"x")) == refusal
    assert (tmp_path / "raw" / "a.txt").read_text() == "hello"


@pytest.mark.parametrize("path", ["/raw/a.txt", "/raw/new.txt"])
def test_a_blob_whose_properties_find_no_space_is_as_it_was(
    storage: Storage, tmp_path: Path, path: str
) -> None:
    storage.send("PUT", "/raw/a.txt", b"first", {"x-ms-blob-content-type": "a/b"})
    with full_disk(StateFolder(tmp_path).blobs_database):
        refused = storage.send("PUT", path, b"second", {"x-ms-blob-content-type": "x" * 60_000})
    found = storage.send("GET", "/raw/a.txt")

    assert refused.status_code == 507
    assert (found.data, found.headers["Content-Type"]) == (b"first", "a/b")
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["a.txt"]
    assert list(StateFolder(tmp_path).staged_blocks.iterdir()) == []


@pytest.mark.parametrize("path", ["registry/x", "Registry/x", "jobs/x", "online/x", ".lock"])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_what_is_the_workspaces_own_is_no_blob(
    storage: Storage, tmp_path: Path, path: str, method: str
) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text("own")
    assert said(storage.send(method, f"/{path}", b"x")) == "403 AuthorizationPermissionMismatch"
    assert (tmp_path / path).read_text() == "own"
    assert storage.send("GET", LIST).text.count("<Blob>") == 1


def test_mlflows_database_is_no_blob_but_its_artifacts_are(
    storage: Storage, tmp_path: Path
) -> None:
    folder = StateFolder(tmp_path)
    folder.mlflow.mkdir()
    for file in (folder.mlflow_database, folder.mlflow_lock, folder.mlflow_version):
        file.write_text("own")
    assert storage.send("PUT", "/mlflow/mlflow.db-wal", b"x").status_code == 403
    assert storage.send("PUT", "/mlflow/artifacts/a", b"x").status_code == 201
    assert "mlflow.db" not in storage.send("GET", LIST).text
    assert folder.mlflow_database.read_text() == "own"


@pytest.mark.parametrize(
    "wanted", ["bytes=3-2", "bytes=5-", "bytes=0-" + "9" * 5000, f"bytes={'9' * 5000}-", "lines=1-"]
)
def test_a_range_that_cannot_be_is_refused(storage: Storage, wanted: str) -> None:
    answer = storage.send("GET", "/raw/a.txt", headers={"Range": wanted})
    assert said(answer) == "416 InvalidRange"


@pytest.mark.parametrize(
    ("length", "refusal"),
    [
        ("-5", "400 InvalidHeaderValue"),
        ("abc", "400 InvalidHeaderValue"),
        (None, "411 MissingContentLengthHeader"),
    ],
)
def test_a_body_without_a_length_empties_no_blob(
    storage: Storage, tmp_path: Path, length: str | None, refusal: str
) -> None:
    token = storage.client.identity.token("https://storage.azure.com", time.time())
    environ = {"CONTENT_LENGTH": length} if length else {}
    answer = storage.client.http.put(
        f"{LAKE}/raw/a.txt",
        headers={"Authorization": f"Bearer {token}", "x-ms-blob-type": "BlockBlob"},
        environ_overrides=environ,
    )
    assert said(answer) == refusal
    assert (tmp_path / "raw" / "a.txt").read_text() == "hello"


def test_more_blocks_than_a_blob_has_are_refused_at_once(storage: Storage) -> None:
    listed = b"<BlockList>" + b"<Latest>YQ==</Latest>" * 50_001 + b"</BlockList>"
    answer = storage.send("PUT", "/raw/b?comp=blocklist", listed)
    assert said(answer) == "400 BlockListTooLong"


def test_a_list_has_names_that_xml_has_not_and_leaves_out_links_in_a_circle(
    storage: Storage, tmp_path: Path
) -> None:
    odd = ["a\x01b", os.fsdecode(b"\xff.csv")]
    for name in odd:
        (tmp_path / "raw" / name).touch()
    (tmp_path / "raw" / "loop").symlink_to(tmp_path / "raw" / "loop")
    answer = storage.send("GET", LIST)
    names = list(ET.fromstring(answer.data).iter("Name"))  # noqa: S314 # ours
    assert {(name.text, name.get("Encoded")) for name in names} == {
        ("raw/a.txt", None),
        *((quote(os.fsencode(f"raw/{name}")), "true") for name in odd),
    }


@pytest.mark.parametrize("path", ["registry", "REGISTRY/tls", "mlflow/mlflow.db", "jobs", ".lock"])
def test_what_is_the_workspaces_own_is_named_by_no_uri(
    storage: Storage, tmp_path: Path, path: str
) -> None:
    (tmp_path / path).mkdir(parents=True, exist_ok=True)
    uri = f"azureml://datastores/lake/paths/{path}"
    told = f"'{uri}' is the workspace's own, and no data"
    with pytest.raises(RefusedError, match=told):
        FolderLake(tmp_path).resolve(datastore_path(uri))
    model = {"properties": {"modelUri": uri, "modelType": "custom_model"}}
    assert told in storage.client.refusal("PUT", "/models/m/versions/1", model)


@pytest.mark.parametrize(
    "query", ["$top=0", "$top=-1", "$skip=" + "9" * 5000, "$skip=x", "$top=1.5"]
)
def test_a_page_that_cannot_be_is_refused(storage: Storage, query: str) -> None:
    assert storage.client.refusal("GET", f"/data?{query}").startswith("400 BadArgument: $")


def test_a_body_that_is_nested_too_deeply_is_refused(storage: Storage) -> None:
    answer = storage.client.http.put(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
        "/workspaces/w/data/x/versions/1",
        data="[" * 100_000 + "]" * 100_000,
        content_type="application/json",
        headers={"Authorization": f"Bearer {storage.client.token}"},
    )
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (
        400,
        "the body is nested too deeply",
    )
