"""Registries by REST: their resources, what is published to them, what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

PROVIDER = "providers/Microsoft.MachineLearningServices"
REGISTRIES = f"/subscriptions/s/resourceGroups/g/{PROVIDER}/registries"
BODY = {"location": "local", "properties": {"regionDetails": []}}
IMAGE = {"properties": {"image": "ubuntu"}}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    client = Client(tmp_path)
    send(client, "PUT", f"{REGISTRIES}/shared", BODY)
    return client


def send(client: Client, method: str, path: str, body: object = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {client.token}"}
    return client.http.open(path, method=method, json=body, headers=headers)


def refusal(client: Client, method: str, path: str, body: object = None) -> str:
    answer = send(client, method, path, body)
    return f"{answer.status_code}: {answer.get_json()['error']['message']}"


def test_a_registry_is_made_listed_changed_and_deleted(client: Client) -> None:
    again = send(client, "PUT", f"{REGISTRIES}/shared", {**BODY, "tags": {"a": "b"}})
    changed = send(client, "PATCH", f"{REGISTRIES}/shared", {"tags": {"a": "c"}})
    listed = send(client, "GET", f"/subscriptions/s/{PROVIDER}/registries").get_json()["value"]
    deleted = send(client, "DELETE", f"{REGISTRIES}/shared")
    assert (again.status_code, again.get_json()["tags"]) == (200, {"a": "b"})
    assert changed.get_json()["tags"] == {"a": "c"}
    assert [(item["name"], item["tags"]) for item in listed] == [("shared", {"a": "c"})]
    assert deleted.status_code == 202
    assert send(client, "DELETE", f"{REGISTRIES}/shared").status_code == 204
    assert send(client, "GET", REGISTRIES).get_json()["value"] == []


def test_an_asset_of_the_workspace_is_published_once(client: Client) -> None:
    client.send("PUT", "/environments/image/versions/1", IMAGE)
    to = {"registryName": "shared", "destinationName": "base", "destinationVersion": "2"}
    publish = "/environments/image/versions/1/publish"

    assert client.send("POST", publish, to).status_code == 202

    found = send(client, "GET", f"{REGISTRIES}/shared/environments/base/versions/2").get_json()
    assert found["id"] == "azureml://registries/shared/environments/base/versions/2"
    assert found["properties"]["image"] == "ubuntu"
    assert client.refusal("POST", publish, to).startswith("409 Conflict: environments 'base' has")
    assert "registry 'none' does not exist; there are ['shared']" in client.refusal(
        "POST", publish, {"registryName": "none"}
    )
    assert client.refusal("POST", "/components/c/versions/1/publish", to).startswith(
        "501 NotImplemented: components are not shared here"
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("PUT", "shared/models/m/versions/1", {"properties": {"modelUri": "https://x/y/z"}}, "400"),
        (
            "PUT",
            "shared/models/m/versions/1",
            {"properties": {"modelUri": f"https://shared/{'0' * 32}/m"}},
            "400: '00000000000000000000000000000000' was not uploaded to the registry 'shared'",
        ),
        ("DELETE", "shared/models/m/versions/1", None, "405"),
        ("POST", "shared/removeRegions", None, "501"),
        ("GET", "other/models/m", None, "404: registry 'other' does not exist; there are"),
        ("PUT", "a.b", BODY, "400: registry 'a.b' is not 2 to 33 letters"),
        ("POST", "shared/import", {"properties": {"sourceAssetId": "azureml:a:1"}}, "400: 'azurem"),
    ],
)
def test_what_a_registry_does_not_take_is_refused_and_says_why(
    client: Client, method: str, path: str, body: object, said: str
) -> None:
    assert refusal(client, method, f"{REGISTRIES}/{path}", body).startswith(said)


def test_versions_of_an_unknown_name_are_none_and_another_group_has_no_registries(
    client: Client,
) -> None:
    unknown = send(client, "GET", f"{REGISTRIES}/shared/models/none/versions").get_json()
    elsewhere = f"/subscriptions/s/resourceGroups/other/{PROVIDER}/registries/shared"
    assert unknown == {"value": []}
    assert "resource group 's/other' has no registries here" in refusal(client, "GET", elsewhere)


def test_the_cloud_and_where_a_registry_is_are_no_secret(client: Client) -> None:
    (cloud,) = client.http.get("/metadata/endpoints").get_json()
    found = client.http.get("/registrymanagement/v1.0/registries/shared/discovery").get_json()
    assert cloud["resourceManager"] == "https://localhost"
    assert found["primaryRegionResourceProviderUri"] == "https://localhost/"
    assert (found["subscriptionId"], found["resourceGroup"]) == ("s", "g")
    assert client.http.get(f"{REGISTRIES}/shared").status_code == 401
