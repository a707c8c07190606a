"""Computes, datastores and the workspace's own resources, as bootstrap and teardown handle them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.http.fields import list_in
from tests.integration.workspace_here import workspace_here
from tests.integration.workspace_jobs import run_job

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk

COMPUTES = """
from azure.ai.ml.entities import (
    AmlCompute, ComputeInstance, ComputeSchedules, ComputeStartStopSchedule, CronTrigger,
    SynapseSparkCompute)
def cpu(size="STANDARD_DS3_V2", **more):
    return AmlCompute(name="cpu", size=size, min_instances=0, max_instances=4,
        idle_time_before_scale_down=600, tags={"a": "b"}, **more)
POOL = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Synapse/workspaces/w/bigDataPools/p"
nightly = ComputeSchedules(compute_start_stop=[ComputeStartStopSchedule(
    trigger=CronTrigger(expression="0 22 * * *"), action="Stop")])
def make(compute):
    made = ml.compute.begin_create_or_update(compute).result()
    return [made.name, made.type, made.provisioning_state]
made = [
    make(cpu()), make(cpu()),
    make(ComputeInstance(name="mine-000000", size="STANDARD_DS3_V2", schedules=nightly)),
    make(SynapseSparkCompute(name="pool", resource_id=POOL)),
]
found = ml.compute.get("cpu")
state = []
for change in (ml.compute.begin_stop, ml.compute.begin_start, ml.compute.begin_restart):
    change("mine-000000").result()
    state.append(ml.compute.get("mine-000000").state)
cluster = refusal(ml.compute.begin_stop, "cpu")
listed = [compute.name for compute in ml.compute.list()]
changed = refusal(make, cpu("STANDARD_E4S_V3"))
ml.compute.begin_delete("cpu", action="Delete").result()
ml.compute.begin_delete("pool", action="Detach").result()
tell(
    made=made, found=[found.size, found.max_instances, found.tags, found.location], listed=listed,
    changed=changed, left=[compute.name for compute in ml.compute.list()],
    absent=refusal(ml.compute.get, "cpu"), state=state, cluster=cluster,
    workspaces=[w.name for scope in ("resource_group", "subscription")
                for w in ml.workspaces.list(scope=scope)],
)
"""
DATASTORES = """
from azure.ai.ml.entities import (
    AccountKeyConfiguration, AzureBlobDatastore, AzureDataLakeGen1Datastore,
    AzureDataLakeGen2Datastore, AzureFileDatastore,
    OneLakeArtifact, OneLakeDatastore, SasTokenConfiguration, ServicePrincipalConfiguration,
)
def blob(name, credentials=None):
    return AzureBlobDatastore(
        name=name, account_name="real", container_name="c", credentials=credentials)
def put(datastore):
    return ml.datastores.create_or_update(datastore)
share = put(AzureFileDatastore(name="share", account_name="real", file_share_name="s"))
old = put(AzureDataLakeGen1Datastore(name="old", store_name="gone"))
fabric = put(OneLakeDatastore(
    name="fabric", artifact=OneLakeArtifact(name="house", type="lake_house"),
    one_lake_workspace_name="w", endpoint="onelake.dfs.fabric.microsoft.com"))
keyed = put(blob("keyed", AccountKeyConfiguration(account_key="bm90" "IGEga2V5")))
put(blob("signed", SasTokenConfiguration(sas_token="S-secret")))
put(AzureDataLakeGen2Datastore(
    name="principal", account_name="real", filesystem="f",
    credentials=ServicePrincipalConfiguration(
        tenant_id="t", client_id="c", client_secret="P-secret", authority_url="https://a")))
lake = put(AzureDataLakeGen2Datastore(
    name="lake", account_name="reallake", filesystem="f", tags={"a": "b"}))
seen = ml.datastores.get("principal")
listed = [datastore.name for datastore in ml.datastores.list()]
secrets = [
    ml.datastores.get(name, include_secrets=True).credentials
    for name in ("keyed", "signed", "principal")
]
ml.datastores.delete("signed")
tell(
    records=[share.type, share.file_share_name, old.type, old.store_name],
    fabric=[fabric.type, fabric.artifact["name"], fabric.one_lake_workspace_name, fabric.endpoint],
    keyed=[keyed.account_name, str(keyed.credentials)],
    lake=[lake.account_name.partition("/")[2], lake.filesystem, lake.description, lake.tags],
    seen=[seen.credentials.client_id, seen.credentials.client_secret], listed=listed,
    secrets=[secrets[0].sas_token, secrets[1].sas_token, secrets[2].client_secret],
    left=refusal(ml.datastores.get, "signed"),
    default=[ml.datastores.get_default().name, refusal(ml.datastores.delete, "workspaceblobstore")],
)
"""
RESOURCES = """
from azure.ai.ml.entities import Workspace
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.resource.resources.models import Deployment, DeploymentProperties
address = os.environ["AZUREML_DEV_URL_MFE"]
subscription = os.environ["AZUREML_ARM_SUBSCRIPTION"]
client = ResourceManagementClient(DefaultAzureCredential(), subscription, base_url=address)
groups = client.resource_groups
here = [groups.check_existence("local"), groups.check_existence("other")]
made = groups.create_or_update("other", {"location": "westeurope", "tags": {"a": "b"}})
there = groups.check_existence("other")
groups.begin_delete("other").result()
made_again = ml.workspaces.begin_create(Workspace(name="local", tags={"made_by": "x"})).result()
def deploy(name):
    properties = DeploymentProperties(
        mode="incremental", template={}, parameters={"workspaceName": {"value": name}})
    poller = client.deployments.begin_create_or_update(
        "local", f"{name}-1", Deployment(properties=properties))
    return poller.result().properties.provisioning_state
tell(
    here=here, made=[made.name, made.location, made.tags], there=there,
    gone=groups.check_existence("other"), kept=refusal(groups.begin_delete, "local"),
    workspace=[made_again.name, ml.workspaces.get("local").tags["made_by"]],
    deployed=deploy("local"), elsewhere=refusal(deploy, "another"),
    other=refusal(ml.workspaces.get, "other"),
    deleted=refusal(ml.workspaces.begin_delete, "local", delete_dependent_resources=False),
)
"""


def test_computes_are_made_found_kept_and_deleted_by_the_clients_pollers(tmp_path: Path) -> None:
    with workspace_here(tmp_path) as served:
        served.faults.plan("slow", "PUT", "/computes/cpu")
        told = run_job(served.env, COMPUTES)
        assert served.faults.are_over
    assert told["made"] == [
        ["cpu", "amlcompute", "Succeeded"],
        ["cpu", "amlcompute", "Succeeded"],
        ["mine-000000", "computeinstance", "Succeeded"],
        ["pool", "synapsespark", "Succeeded"],
    ]
    assert told["found"] == ["STANDARD_DS3_V2", 4, {"a": "b"}, "local"]
    assert told["listed"] == ["cpu", "mine-000000", "pool"]
    assert "compute 'cpu' is there and cannot change in ['vmSize']" in str(told["changed"])
    assert told["left"] == ["mine-000000"]
    assert "compute 'cpu' does not exist; there are ['mine-000000']" in str(told["absent"])
    assert told["state"] == ["Stopped", "Running", "Running"]
    assert "only ComputeInstance stops" in str(told["cluster"])
    assert told["workspaces"] == ["local", "local"]


def test_datastores_are_recorded_and_their_secrets_stay_in_a_file_of_the_owners(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"), workspace_here(tmp_path) as served:
        told = run_job(served.env, DATASTORES)
    assert told["keyed"] == ["real", "{'type': 'account_key'}"]
    assert told["fabric"] == ["OneLake", "house", "w", "onelake.dfs.fabric.microsoft.com"]
    assert told["records"] == ["AzureFile", "s", "AzureDataLakeGen1", "gone"]
    assert told["lake"] == [
        "storage/lake",
        "lake",
        f"the folder '.' of the lake {str(tmp_path)!r}; in Azure, account 'reallake'",
        {"a": "b"},
    ]
    assert told["seen"] == ["c", None]
    assert told["listed"] == [
        *("fabric", "keyed", "lake", "old", "principal", "share", "signed"),
        *("workspaceartifactstore", "workspaceblobstore"),
    ]
    # As in Azure, the client gets a signature by the account's key, which ends in an hour.
    signature, *others = list(map(str, list_in(told, "secrets")))
    assert signature.startswith("?sv=2022-11-02&sig=")
    assert others == ["S-secret", "P-secret"]
    assert "datastore 'signed' is unknown" in str(told["left"])
    assert told["default"][0] == "workspaceblobstore"  # type: ignore[index]
    kept = tmp_path / "registry" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "S-secret" not in kept.read_text()
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file != kept]
    for secret in ("-secret", "bm90IGEga2V5"):
        assert not [file for file in files if secret.encode() in file.read_bytes()]
        assert secret not in caplog.text


def test_the_served_workspace_and_group_are_there_and_others_are_refused(tmp_path: Path) -> None:
    with workspace_here(tmp_path) as served:
        told = run_job(served.env, RESOURCES)
    assert told["here"] == [True, False]
    assert (told["made"], told["there"], told["gone"]) == (
        ["other", "westeurope", {"a": "b"}],
        True,
        False,
    )
    assert "'local' holds a workspace that is served" in str(told["kept"])
    assert told["workspace"] == ["local", "x"]
    assert told["deployed"] == "Succeeded"
    assert "this one makes []" in str(told["elsewhere"])
    assert "ResourceNotFoundError" in str(told["other"])
    assert "it is never deleted over the API" in str(told["deleted"])
