"""Endpoints as a target has them, before anything is sent."""

from __future__ import annotations

from dataclasses import replace

from aml_pipelines.azure.deployments import endpoint_document
from aml_pipelines.azure.render import read_job
from aml_pipelines.repository import ENDPOINTS
from conf.target import Identity
from conf.target_file import load_target

DEV = load_target("dev")


def test_the_online_endpoint_reads_the_model_in_the_lake_with_the_identity_of_the_jobs() -> None:
    target = replace(DEV, identity=Identity("managed", client_id="c", resource_id="/id"))
    assert endpoint_document("online", target).document["identity"] == {
        "type": "user_assigned",
        "user_assigned_identities": [{"resource_id": "/id"}],
    }


def test_the_online_endpoint_of_a_target_without_an_identity_is_sent_as_it_stands() -> None:
    stated = read_job(ENDPOINTS / "online" / "endpoint.yml")
    document = endpoint_document("online", replace(DEV, identity=Identity("managed"))).document
    assert document == {**stated, "name": DEV.endpoints.online}
    assert document["identity"] == {"type": "system_assigned"}


def test_a_batch_endpoint_has_no_identity_for_its_jobs_run_with_the_clusters() -> None:
    target = replace(DEV, identity=Identity("managed", client_id="c", resource_id="/id"))
    assert "identity" not in endpoint_document("batch", target).document
