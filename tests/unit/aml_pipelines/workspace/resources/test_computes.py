"""Computes: what is answered may be sent back, and what never changes is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.aml_pipelines.workspace.rest import Client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def cluster(**own: object) -> dict[str, object]:
    properties = {"vmSize": "Standard_DS2_v2", **own}
    return {"properties": {"computeType": "AmlCompute", "properties": properties}}


def test_a_cluster_as_it_was_answered_is_the_same_cluster(client: Client) -> None:
    created = client.send("PUT", "/computes/cpu", cluster())
    found = client.send("GET", "/computes/cpu").get_json()
    again = client.send("PUT", "/computes/cpu", found)

    assert (created.status_code, again.status_code) == (201, 201)
    assert created.get_json()["properties"]["provisioningState"] == "Creating"
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert again.get_json()["properties"]["provisioningState"] == "Creating"
    assert client.send("GET", "/computes/cpu").get_json()["properties"]["properties"] == {
        **found["properties"]["properties"],
        "allocationStateTransitionTime": again.get_json()["properties"]["modifiedOn"],
    }


def test_a_cluster_keeps_its_size_and_its_priority(client: Client) -> None:
    client.send("PUT", "/computes/cpu", cluster())

    assert client.send("PUT", "/computes/cpu", cluster(vmPriority="Dedicated")).status_code == 201
    assert "cannot change in ['vmSize', 'vmPriority']" in client.refusal(
        "PUT", "/computes/cpu", cluster(vmSize="STANDARD_E4S_V3", vmPriority="LowPriority")
    )


def test_a_body_without_properties_is_refused(client: Client) -> None:
    assert client.refusal("PUT", "/computes/cpu", {"properties": "x"}).startswith("400 ")
