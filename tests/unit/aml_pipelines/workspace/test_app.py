"""The REST front without a socket: statuses, bodies and errors, in ARM's shape."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.app import create_app
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from aml_pipelines.workspace.state import StateFolder
from tests.unit.aml_pipelines.workspace.full_disk import full_disk
from tests.unit.aml_pipelines.workspace.rest import MANAGEMENT, WORKSPACE, Client

if TYPE_CHECKING:
    from pathlib import Path

PATH = "azureml://datastores/lake/paths/gold/train"
TRAIN = {"properties": {"dataType": "mltable", "dataUri": PATH, "tags": {"rows": "3"}}}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def test_a_registered_version_is_answered_as_azure_answers(client: Client) -> None:
    created = client.send("PUT", "/data/train/versions/1", TRAIN)
    found = client.send("GET", "/data/train/versions/1").get_json()

    assert created.status_code == 201
    assert found["id"] == f"{WORKSPACE}/data/train/versions/1"
    assert found["name"] == "1"
    assert found["type"] == "Microsoft.MachineLearningServices/workspaces/data/versions"
    assert found["properties"] == {
        "dataType": "mltable",
        "dataUri": "azureml://subscriptions/s/resourcegroups/g/workspaces/w"
        "/datastores/lake/paths/gold/train/",
        "description": None,
        "autoDeleteSetting": None,
        "intellectualProperty": None,
        "isAnonymous": False,
        "isArchived": False,
        "properties": {},
        "stage": None,
        "tags": {"rows": "3"},
    }


def test_the_container_names_the_next_and_the_latest_version(client: Client) -> None:
    client.send("PUT", "/data/train/versions/7", TRAIN)

    properties = client.send("GET", "/data/train").get_json()["properties"]
    assert (properties["latestVersion"], properties["nextVersion"]) == ("7", "8")
    assert properties["dataType"] == "mltable"


def test_the_same_registration_again_is_fine_and_another_one_is_a_conflict(client: Client) -> None:
    other = {"properties": {"dataType": "mltable", "dataUri": f"{PATH}/other"}}

    assert client.send("PUT", "/data/train/versions/1", TRAIN).status_code == 201
    assert client.send("PUT", "/data/train/versions/1", TRAIN).status_code == 200
    answered = client.send("GET", "/data/train/versions/1").get_json()
    assert client.send("PUT", "/data/train/versions/1", answered).status_code == 200
    assert client.refusal("PUT", "/data/train/versions/1", other).startswith(
        "409 Conflict: A data version with this name and version already exists"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "the body is not of the form {'properties': {…}}"),
        ({"properties": {}, "tags": {}}, "the body has unknown fields ['tags']"),
        (
            {"properties": {"dataUri": PATH}},
            "the body.properties.dataType is None; it is one of",
        ),
        (
            {"properties": {"dataType": "mltable", "dataUrl": PATH}},
            "the body.properties has unknown fields ['dataUrl']; it may have",
        ),
        ({"properties": {"dataType": "mltable"}}, "'properties' has no ['dataUri']; it must"),
        (
            {"properties": {"dataType": "table", "dataUri": PATH}},
            "dataType is 'table'; it is one of ['mltable', 'uri_file', 'uri_folder']",
        ),
        (
            {"properties": {"dataType": "mltable", "dataUri": PATH, "tags": {"rows": 3}}},
            "properties.tags.rows is 3; it takes a string",
        ),
        (
            {"properties": {"dataType": "mltable", "dataUri": PATH, "isArchived": "no"}},
            "properties.isArchived is 'no'; it takes bool",
        ),
    ],
)
def test_a_body_that_azure_would_not_take_is_refused_and_says_why(
    client: Client, body: object, said: str
) -> None:
    refusal = client.refusal("PUT", "/data/train/versions/1", body)

    assert refusal.startswith("400 ValidationError: ")
    assert said in refusal
    assert client.send("GET", "/data/train").status_code == 404


@pytest.mark.parametrize("route", ["/data/-a/versions/1", f"/data/{'a' * 256}/versions/1"])
def test_a_name_that_azure_would_not_take_is_refused(client: Client, route: str) -> None:
    assert "is not 1 to 255 letters" in client.refusal("PUT", route, TRAIN)


def test_what_is_unknown_is_404_with_what_there_is(client: Client) -> None:
    client.send("PUT", "/data/train/versions/1", TRAIN)

    assert client.refusal("GET", "/data/trian") == (
        "404 NotFoundError: data asset 'trian' is not registered; there are ['train']"
    )
    assert client.refusal("GET", "/data/train/versions/2") == (
        "404 NotFoundError: data asset 'train' has no version '2'; it has ['1']"
    )
    assert client.refusal("GET", "/models/late/versions/1") == (
        "404 NoSuchModelRegistered: model 'late' is not registered; there are []"
    )
    assert client.refusal("GET", "/datastores/attic") == (
        "404 ResourceNotFound: datastore 'attic' is unknown; "
        "there are ['lake', 'workspaceartifactstore', 'workspaceblobstore']"
    )


def test_deleting_is_refused_as_it_is_in_azure(client: Client) -> None:
    client.send("PUT", "/data/train/versions/1", TRAIN)

    assert client.refusal("DELETE", "/data/train/versions/1").startswith("405 MethodNotAllowed")
    assert client.send("GET", "/data/train/versions/1").status_code == 200


def test_a_precondition_that_does_not_hold_is_412_and_changes_nothing(client: Client) -> None:
    etag = client.send("PUT", "/data/train/versions/1", TRAIN).headers["ETag"]
    changed = {"properties": {**TRAIN["properties"], "tags": {"rows": "4"}}}

    stale = client.refusal("PUT", "/data/train/versions/1", changed, If_Match='"stale"')
    taken = client.refusal("PUT", "/data/train/versions/1", changed, If_None_Match="*")
    absent = client.refusal("PUT", "/data/train/versions/2", TRAIN, If_Match="*")
    assert all(said.startswith("412 ConditionNotMet") for said in (stale, taken, absent))
    found = client.send("GET", "/data/train/versions/1")
    assert found.get_json()["properties"]["tags"] == {"rows": "3"}

    assert client.send("PUT", "/data/train/versions/1", changed, If_Match=etag).status_code == 200


def test_a_list_comes_in_pages_newest_first(client: Client) -> None:
    for version in ("1", "2", "3"):
        client.send("PUT", f"/data/train/versions/{version}", TRAIN)

    first = client.send("GET", "/data/train/versions?$top=2").get_json()
    rest = client.send("GET", first["nextLink"].partition(WORKSPACE)[2]).get_json()
    assert [item["name"] for item in first["value"]] == ["3", "2"]
    assert [item["name"] for item in rest["value"]] == ["1"]
    assert "nextLink" not in rest


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("$tags=rows", "query parameters ['$tags'] are not served"),
        ("$top=many", "$top is 'many'; it is a whole number"),
        ("$orderBy=name", "$orderBy is 'name'"),
        ("listViewType=Some", "listViewType is 'Some'; it is one of ['ActiveOnly'"),
    ],
)
def test_a_query_that_is_not_served_is_refused_not_ignored(
    client: Client, query: str, said: str
) -> None:
    client.send("PUT", "/data/train/versions/1", TRAIN)

    refusal = client.refusal("GET", f"/data/train/versions?{query}")
    assert refusal.startswith("400 BadArgument: ")
    assert said in refusal


def test_a_route_that_is_not_served_is_501_and_says_what_is(client: Client) -> None:
    said = client.refusal("PUT", "/colours/a", {})
    assert said.startswith(
        "501 NotImplemented: PUT /workspaces/w/colours/a is not served by the local workspace; "
        "it serves the workspace, data, models, "
    )


def test_each_lake_has_a_workspace_id_of_its_own_which_stays(tmp_path: Path) -> None:
    def workspace_id(lake: str) -> str:
        properties = Client(tmp_path / lake).send("GET", "").get_json()["properties"]
        return str(uuid.UUID(properties["workspaceId"]))

    assert workspace_id("one") == workspace_id("one")
    assert workspace_id("one") != workspace_id("other")


def test_another_workspace_is_404(tmp_path: Path) -> None:
    identity = WorkspaceIdentity("secret")
    http = create_app(
        build_workspace(WorkspaceScope("s", "g", "other"), identity, tmp_path)
    ).test_client()
    token = identity.token(MANAGEMENT, time.time())
    response = http.get(f"{WORKSPACE}/data", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 404
    assert "workspace 's/g/w' is not served here; 's/g/other' is" in response.text


def test_a_path_cannot_forge_a_line_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "aml_pipelines")
    client.http.get("/x%0a2026-11-25 INFO GET /forged 200 1 ms")
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("GET /x%0A2026-11-25%20INFO%20GET%20/forged%20200%201%20ms 401 ")


def test_a_body_that_no_resource_has_is_refused_before_it_is_read(client: Client) -> None:
    body = {"properties": {"description": "x" * (17 << 20)}}
    assert client.send("PUT", "/data/large", body).status_code == 413


def test_a_full_disk_is_said_and_is_no_defect(client: Client, tmp_path: Path) -> None:
    client.send("PUT", "/data/train/versions/1", TRAIN)
    with full_disk(StateFolder(tmp_path).versions_database):
        large = {"properties": {**TRAIN["properties"], "description": "x" * 100_000}}
        told = client.refusal("PUT", "/data/train/versions/2", large)
    assert told == "507 InsufficientStorage: there is no space left for the workspace's files"
    assert client.send("PUT", "/data/train/versions/2", large).status_code == 201


def test_secrets_of_datastores_are_not_given_since_there_are_none(client: Client) -> None:
    assert client.refusal("POST", "/datastores/lake/listSecrets", {}) == (
        "400 UserError: datastore 'lake' has no secrets: it is opened by the caller's identity"
    )


def test_an_upload_is_written_by_its_signed_url_alone_and_stays_in_its_container(
    client: Client, tmp_path: Path
) -> None:
    started = client.send("POST", "/codes/a/versions/1/startPendingUpload", {}).get_json()
    signed = started["blobReferenceForConsumption"]["credential"]["sasUri"]
    folder, _, signature = signed.partition("?")

    def put(url: str) -> int:
        return client.http.put(url, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code

    assert put(f"{folder}/src/main.py?{signature}") == 201
    assert put(f"{folder}/src/main.py") == 401
    assert put(f"{folder[:-32]}{'0' * 32}/src/main.py?{signature}") == 403
    assert put(f"{folder}/%2e%2e/%2e%2e/escaped.py?{signature}") in (400, 404)
    assert [file.name for file in tmp_path.rglob("*.py")] == ["main.py"]
    assert client.http.head(f"{folder}/none.py?{signature}").headers["x-ms-error-code"] == (
        "BlobNotFound"
    )


def test_code_is_found_by_its_content_under_any_name(client: Client) -> None:
    content = {"codeUri": "https://127.0.0.1/c", "properties": {"hash_sha256": "abc"}}
    client.send("PUT", "/codes/a/versions/1", {"properties": content})

    found = client.send("GET", "/codes/b/versions?hash=abc&hashVersion=202208").get_json()
    absent = client.send("GET", "/codes/b/versions?hash=def&hashVersion=202208").get_json()
    assert [item["id"] for item in found["value"]] == [f"{WORKSPACE}/codes/a/versions/1"]
    assert absent["value"] == []


def test_an_environments_conda_file_is_kept_as_json_whatever_its_spelling(client: Client) -> None:
    def put(conda: str) -> int:
        body = {"properties": {"image": "ubuntu", "condaFile": conda}}
        return client.send("PUT", "/environments/base/versions/1", body).status_code

    assert put("dependencies: [python=3.11]") == 201
    answer = client.send("GET", "/environments/base/versions/1").get_json()
    conda = '{\n  "dependencies": [\n    "python=3.11"\n  ]\n}'
    assert answer["properties"]["condaFile"] == conda
    assert (put(conda), put("dependencies:\n- python=3.11\n")) == (201, 201)
    assert put("dependencies: [python=3.12]") == 409


def test_a_conda_file_that_is_no_yaml_is_refused(client: Client) -> None:
    body = {"properties": {"image": "ubuntu", "condaFile": "dependencies: [python"}}
    refusal = client.refusal("PUT", "/environments/base/versions/1", body)
    assert refusal.startswith("400 UserError: 'condaFile' is not YAML: ")


def test_an_environment_version_changes_in_its_tags_alone(client: Client) -> None:
    def put(**properties: object) -> int:
        body = {"properties": properties}
        return client.send("PUT", "/environments/e/versions/1", body).status_code

    assert put(image="python:3.11") == 201
    assert put(image="python:3.11", tags={"a": "b"}) == 201  # the service never answers 200
    assert put(image="python:3.12") == 409
    assert put(image="python:3.11", imageUrl="x") == 400
    assert put(image="python:3.11", tags={"a": "b"}, condaFile="") == 201
    found = client.send("GET", "/environments/e/versions/1").get_json()["properties"]
    assert (found["image"], found["tags"]) == ("python:3.11", {"a": "b"})
