"""Clients other than azure-ai-ml: the management SDK, plain HTTPS as `az rest` sends it, MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mlflow
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient, models

from tests.integration.plain_https import PlainClient
from tests.integration.workspace_jobs import TARGET, workspace
from tests.integration.workspace_with_jobs import new_lake, workspace_with_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.workspace_here import WorkspaceHere

pytestmark = pytest.mark.sdk
NAMES = TARGET.workspace
OURS = (NAMES.resource_group, NAMES.name)
PATH = "azureml://datastores/lake/paths/gold/train"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceHere]:
    with workspace_with_jobs(new_lake(tmp_path_factory.mktemp("lake"))) as served:
        yield served.here


@pytest.fixture(scope="module")
def management(served: WorkspaceHere) -> Iterator[MachineLearningServicesMgmtClient]:
    with MachineLearningServicesMgmtClient(
        served,
        NAMES.subscription_id,
        base_url=served.env["AZUREML_DEV_URL_MFE"],
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=served.env["REQUESTS_CA_BUNDLE"],
        retry_total=0,
        polling_interval=0,
    ) as client:
        yield client


def test_the_management_sdk_finds_the_workspace(
    management: MachineLearningServicesMgmtClient,
) -> None:
    workspace: Any = management.workspaces.get(*OURS)  # its model says that names are None
    assert workspace.name == NAMES.name
    assert [item.name for item in management.workspaces.list_by_subscription()] == [NAMES.name]
    assert "lake" in [item.name for item in management.datastores.list(*OURS)]


def test_the_management_sdk_registers_lists_and_archives_data(
    management: MachineLearningServicesMgmtClient,
) -> None:
    data = models.DataVersionBase(properties=models.UriFolderDataVersion(data_uri=PATH))
    made = management.data_versions.create_or_update(*OURS, "rows", "1", data)
    assert made.properties.data_uri.endswith("/datastores/lake/paths/gold/train/")
    assert [item.name for item in management.data_versions.list(*OURS, "rows")] == ["1"]
    data.properties.is_archived = True
    management.data_versions.create_or_update(*OURS, "rows", "1", data)
    assert list(management.data_versions.list(*OURS, "rows")) == []
    with pytest.raises(ResourceNotFoundError):
        management.data_versions.get(*OURS, "rows", "2")


def test_the_management_sdk_runs_a_job_and_reads_why_another_is_refused(
    management: MachineLearningServicesMgmtClient,
) -> None:
    job = models.CommandJob(
        command="echo said", environment_id="azureml:any:1", experiment_name="flights"
    )
    management.jobs.create_or_update(*OURS, "said", models.JobBase(properties=job))
    states: list[Any] = [None]
    while states[-1] not in ("Completed", "Failed"):
        states.append(management.jobs.get(*OURS, "said").properties.status)
    assert states[-1] == "Completed"
    assert "said" in [item.name for item in management.jobs.list(*OURS)]
    job.inputs = {"rows": models.UriFolderJobInput(uri="azureml:none:1")}
    with pytest.raises(HttpResponseError, match="'none'") as refused:
        management.jobs.create_or_update(*OURS, "other", models.JobBase(properties=job))
    assert refused.value.status_code == 400


def test_the_management_sdk_makes_and_deletes_an_endpoint(
    management: MachineLearningServicesMgmtClient,
) -> None:
    endpoint = models.OnlineEndpoint(
        location="here", properties=models.OnlineEndpointProperties(auth_mode="Key")
    )
    poller = management.online_endpoints.begin_create_or_update(*OURS, "summer", endpoint)
    assert poller.result().properties.provisioning_state == "Succeeded"
    assert management.online_endpoints.list_keys(*OURS, "summer").primary_key
    management.online_endpoints.begin_delete(*OURS, "summer").result()
    assert list(management.online_endpoints.list(*OURS)) == []


@pytest.mark.parametrize("version", ["2023-04-01", "2024-04-01", "2025-12-01"])
def test_plain_requests_of_any_version_are_answered(served: WorkspaceHere, version: str) -> None:
    client = PlainClient(served.env)
    workspace = client.workspace
    # To ARM, the case of its own words does not count.
    for path in (workspace, workspace.lower(), workspace.replace("resource", "RESOURCE")):
        status, found = client.send("GET", f"{path}?api-version={version}")
        assert (status, found["name"]) == (200, NAMES.name)
    body = {"properties": {"image": "python:3.11"}}
    path = f"{workspace}/environments/env-{version}/versions/1?api-version={version}"
    assert client.send("PUT", path, body)[0] == 201
    status, found = client.send("GET", path)
    assert (status, found["properties"]["image"]) == (200, "python:3.11")
    status, refused = client.send("PUT", path, {"properties": {"image": 3}})
    assert (status, set(refused)) == (400, {"error"})


def test_mlflows_client_tracks_at_the_address_that_the_workspace_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace(tmp_path) as served:
        plain = PlainClient(served.env)
        found = plain.send("GET", f"{plain.workspace}?api-version=2023-04-01")[1]
        monkeypatch.chdir(tmp_path)  # MLflow makes a folder where it is
        monkeypatch.setenv("MLFLOW_TRACKING_URI", found["properties"]["mlFlowTrackingUri"])
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("flights")
        assert experiment
        run = client.create_run(experiment.experiment_id)
        client.log_metric(run.info.run_id, "auc", 0.5)
        client.set_terminated(run.info.run_id)
        # The other door to MLflow's runs, for nodes with an MLflow of their own.
        path = f"/mlflow/api/2.0/mlflow/runs/get?run_id={run.info.run_id}"
        status, found = plain.send("GET", path)
    assert (status, found["run"]["data"]["metrics"][0]["value"]) == (200, 0.5)
    assert found["run"]["info"]["status"] == "FINISHED"
