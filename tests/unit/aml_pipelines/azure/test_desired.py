"""What a workspace is to have for a target, before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from aml_pipelines.azure.desired import desired_computes, desired_datastores, desired_file
from aml_pipelines.azure.needs import Needs, needs_of
from aml_pipelines.azure.render import render_job
from aml_pipelines.verbs.register import everything, select
from conf.document import ConfError
from conf.errors import UserError
from conf.target import REPOSITORY, Identity, Spark
from conf.target_file import fill_variables, load_target

if TYPE_CHECKING:
    from pathlib import Path

DEV = replace(load_target("dev"), lake="abfss://tables@ours.dfs.core.windows.net")
POOL = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Synapse/workspaces/w/bigDataPools/p"
CATALOG = REPOSITORY / "aml_pipelines" / "catalog"


def test_datastores_are_over_the_storage_of_the_targets_lake() -> None:
    stores = {item.name: item.document for item in desired_datastores(DEV)}
    assert {name: store["account_name"] for name, store in stores.items()} == {
        "lake": "ours",
        "lake_blob": "ours",
    }
    assert stores["lake"]["filesystem"] == "tables"
    assert stores["lake_blob"]["container_name"] == "tables"
    assert not any("credentials" in store for store in stores.values()), "by identity alone"


def test_a_pool_is_attached_only_by_a_target_that_names_one() -> None:
    assert [item.name for item in desired_computes(DEV)] == ["cpu-cluster"]
    attaching = replace(DEV, spark=Spark(pool="our-pool", pool_id=POOL))
    (pool,) = [
        item for item in desired_computes(attaching) if item.document["type"] != "amlcompute"
    ]
    assert (pool.name, pool.document["resource_id"]) == ("our-pool", POOL)


def test_the_cluster_and_the_pool_have_the_identity_of_the_jobs() -> None:
    identity = Identity("managed", client_id="c", resource_id="/id")
    target = replace(DEV, identity=identity, spark=Spark(pool="our-pool", pool_id=POOL))
    assigned = {item.name: item.document["identity"] for item in desired_computes(target)}
    of_jobs = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": "/id"}]}
    assert assigned == {"cpu-cluster": of_jobs, "our-pool": of_jobs}


def test_computes_of_a_target_without_an_identity_have_one_of_their_own() -> None:
    target = replace(DEV, identity=Identity("managed"), spark=Spark(pool="our-pool", pool_id=POOL))
    assigned = {item.name: item.document["identity"] for item in desired_computes(target)}
    own = {"type": "system_assigned"}
    assert assigned == {"cpu-cluster": own, "our-pool": own}


def test_content_is_told_by_what_is_in_files_not_by_where_or_when(tmp_path: Path) -> None:
    def written(conda: str) -> str:
        (tmp_path / "conda.yml").write_text(conda)
        file = tmp_path / "e.yml"
        schema = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
        file.write_text(
            f"$schema: {schema}\nname: e\nversion: '1'\nimage: i\nconda_file: conda.yml\n"
        )
        return desired_file(file).fingerprint

    first = written("dependencies: [pip]\n")
    assert written("dependencies: [pip]\n") == first
    assert written("dependencies: [pip, numpy]\n") != first


def test_a_file_of_no_asset_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("name: x\n")
    with pytest.raises(UserError, match="is none that can be registered"):
        desired_file(tmp_path / "x.yml")


def test_a_secret_is_filled_in_as_it_is_sent_and_printed_nowhere() -> None:
    item = desired_file(CATALOG / "datastores" / "blob_key.yml")
    assert "${RAW_ACCOUNT_KEY}" in item.text
    sent = fill_variables(item.tagged, {"RAW_ACCOUNT_KEY": "s3cret"}, item.origin)
    assert sent["credentials"] == {"account_key": "s3cret"}
    with pytest.raises(
        ConfError, match=r"credentials.account_key: the variable RAW_ACCOUNT_KEY is not set"
    ):
        fill_variables(item.tagged, {}, item.origin)


def test_patterns_choose_by_kind_and_name() -> None:
    chosen = select(everything(DEV), ["component/train", "environment/s*"])
    assert [(item.kind, item.name) for item in chosen] == [
        ("environment", "score"),
        ("environment", "serve"),
        ("component", "train"),
    ]


def test_a_job_needs_what_it_and_its_components_name() -> None:
    training = render_job(REPOSITORY / "aml_pipelines" / "training.yml", DEV, {})
    versions = {item.name: item.version for item in everything(DEV) if item.kind == "environment"}
    train, score = f"train:{versions['train']}", f"score:{versions['score']}"
    assert needs_of(training) == Needs(("cpu-cluster",), (train,))
    batch = render_job(REPOSITORY / "aml_pipelines" / "batch_inference.yml", DEV, {})
    assert set(needs_of(batch).environments) == {train, score}


def test_a_job_needs_no_environment_of_a_registry_and_any_version_that_a_label_may_mean() -> None:
    curated = render_job(CATALOG / "jobs" / "command_curated_serverless.yml", DEV, {})
    assert needs_of(curated) == Needs((), ())
    curated.document["environment"] = "azureml:train@latest"
    assert needs_of(curated).environments == ("train@latest",)
    sweep = needs_of(render_job(CATALOG / "jobs" / "sweep.yml", DEV, {}))
    assert (sweep.computes, len(sweep.environments)) == (("cpu-cluster",), 1)


def test_a_spark_job_alone_gets_the_size_and_identity_of_the_target() -> None:
    target = replace(DEV, identity=Identity("managed", client_id="c1"))
    target = replace(target, spark=Spark(instance_type="standard_e8s_v3", runtime_version="3.5"))
    job = render_job(CATALOG / "jobs" / "spark.yml", target, {"folder": "azureml:raw:4"})
    sent = yaml.safe_load(job.text)
    assert sent["resources"] == {"instance_type": "standard_e8s_v3", "runtime_version": "3.5"}
    assert sent["identity"] == {"type": "managed", "client_id": "c1"}
    assert sent["inputs"]["folder"]["path"] == "azureml:raw:4"
    assert sent["conf"]["spark.executorEnv.AZURE_CLIENT_ID"] == "c1"
    assert sent["conf"]["spark.dynamicAllocation.maxExecutors"] == 4
