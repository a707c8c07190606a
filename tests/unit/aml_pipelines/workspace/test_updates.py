"""Routes that the client itself seldom asks for: updates of a part, and what is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.store.documents import Documents
from tests.unit.aml_pipelines.workspace.rest import WORKSPACE, Client

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = {
    "deploymentConfiguration": {
        "deploymentConfigurationType": "PipelineComponent",
        "componentId": {"referenceType": "Id", "assetId": "azureml:c:1"},
    }
}
CLUSTER = {
    "computeType": "AmlCompute",
    "properties": {
        "vmSize": "s",
        "scaleSettings": {"minNodeCount": 1, "maxNodeCount": 2},
        "userAccountCredentials": {"adminUserName": "me", "adminUserPassword": "hidden"},
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


@pytest.mark.parametrize(
    ("path", "made", "change"),
    [
        ("/onlineEndpoints/adder", {"authMode": "Key"}, {"tags": {"a": "b"}}),
        ("/batchEndpoints/nightly", {"authMode": "AADToken"}, {"tags": {"a": "b"}}),
        (
            "/batchEndpoints/nightly/deployments/steps",
            PIPELINE,
            {"tags": {"a": "b"}, "properties": {"description": "new"}},
        ),
    ],
)
def test_an_update_changes_what_it_names_and_keeps_the_rest(
    client: Client, path: str, made: object, change: dict[str, object]
) -> None:
    client.send("PUT", "/batchEndpoints/nightly", {"properties": {"authMode": "AADToken"}})
    client.send("PUT", path, {"properties": made, "identity": {"type": "SystemAssigned"}})

    answered = client.send("PATCH", path, change)
    found = client.send("GET", path).get_json()

    assert answered.status_code == 200
    assert found["tags"] == {"a": "b"}
    assert found["identity"] == {
        "type": "SystemAssigned",
        "principalId": "00000000-0000-0000-0000-000000000001",
        "tenantId": "00000000-0000-0000-0000-000000000001",
    }
    assert found["properties"].get("description") == ("new" if "properties" in change else None)
    assert "unknown fields ['kind']" in client.refusal("PATCH", path, {"kind": "x"})
    assert client.refusal("PATCH", f"{path}-2", change).startswith("404 NotFound")


def test_a_cluster_is_scaled_has_no_nodes_and_keeps_no_password(
    client: Client, tmp_path: Path
) -> None:
    client.send("PUT", "/computes/cpu", {"properties": CLUSTER, "location": "local"})
    scale = {"properties": {"properties": {"scaleSettings": {"maxNodeCount": 9}}}}

    client.send("PATCH", "/computes/cpu", scale)
    own = client.send("GET", "/computes/cpu").get_json()["properties"]["properties"]

    assert own["scaleSettings"] == {"minNodeCount": 1, "maxNodeCount": 9}
    assert own["userAccountCredentials"] == {
        "adminUserName": "me",
        "adminUserPassword": None,
        "adminUserSshPublicKey": None,
    }
    kept = mapping(Documents(tmp_path, "compute").get("cpu").properties["properties"])
    assert kept["userAccountCredentials"] == {"adminUserName": "me"}
    assert client.send("POST", "/computes/cpu/listNodes").get_json() == {"nodes": []}
    instance = {"properties": {"computeType": "ComputeInstance", "properties": {}}}
    client.send("PUT", "/computes/mine", instance)
    assert "compute 'mine' is 'ComputeInstance'; only AmlCompute is scaled" in client.refusal(
        "PATCH", "/computes/mine", scale
    )


def test_an_instance_has_single_sign_on_or_not(client: Client) -> None:
    instance = {"properties": {"computeType": "ComputeInstance", "properties": {}}}
    client.send("PUT", "/computes/mine", instance)
    assert client.send("POST", "/computes/mine/enableSso", {"enableSSO": False}).status_code == 200
    own = client.send("GET", "/computes/mine").get_json()["properties"]["properties"]
    assert own["enableSSO"] is False
    assert "'enableSSO' is 'no'; it takes bool" in client.refusal(
        "POST", "/computes/mine/enableSso", {"enableSSO": "no"}
    )


def test_the_served_workspace_may_be_made_again(client: Client) -> None:
    body = {"location": "local", "tags": {"a": "b"}, "properties": {"description": "ours"}}

    made = client.send("PUT", "", body).get_json()

    assert (made["tags"], made["properties"]["description"]) == ({"a": "b"}, "ours")
    assert "unknown fields ['colour']" in client.refusal("PUT", "", {**body, "colour": "red"})


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("POST", "/diagnose", "nothing of Azure's stands behind this workspace"),
        ("POST", "/listKeys", "the workspace has no storage account, registry or vault"),
        ("GET", "/featuresets/f/versions/1/features", "feature stores are not served"),
        ("PUT", "/outboundRules/r", "there is no network around a workspace"),
        ("POST", "/computes/c/listKeys", "a compute is a record and has no keys"),
        ("GET", "/onlineEndpoints/e/deployments/d/skus", "sizes of virtual machines and quotas"),
        ("POST", "/models/m/versions/1/package", "no image is built here"),
        ("GET", "/connections/c/deployments", "what a connection leads to, only Azure knows"),
    ],
)
def test_what_has_no_meaning_here_is_refused_by_name(
    client: Client, method: str, path: str, why: str
) -> None:
    said = client.refusal(method, path, {})
    assert said.startswith(f"501 NotImplemented: {method} {WORKSPACE}{path}: {why}")


def test_sizes_of_azure_are_refused_by_name(client: Client) -> None:
    path = "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/l/vmSizes"
    answered = client.http.get(path, headers={"Authorization": f"Bearer {client.token}"})
    assert answered.status_code == 501
    assert "a compute of any size is a record here" in answered.get_json()["error"]["message"]
