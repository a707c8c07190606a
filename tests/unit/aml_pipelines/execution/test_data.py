"""What nodes get for a lake that is no folder: as in Azure, a URI, or a path that is as good."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from aml_pipelines.azurite.lake import AbfsLake
from aml_pipelines.execution.data import NodeData, bring_inputs
from aml_pipelines.pipeline.find_data import local_copy
from aml_pipelines.pipeline.lake import FolderLake, OpenLake, ServedLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.plan import Plan, input_texts
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.repository import PIPELINES
from aml_pipelines.workspace.assets.registry import Registry
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

URI = "abfs://lake@account.dfs.core.windows.net"
DATASTORE = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths"
SCORE_ON_SPARK = f"""
type: pipeline
jobs:
  score_spark:
    type: spark
    component: {REPOSITORY}/components/score_spark/component.yml
    inputs:
      batch: {{type: uri_folder, mode: direct, path: "azureml://datastores/lake/paths/batches/b"}}
      model: {{type: mlflow_model, mode: direct, path: "azureml://datastores/lake/paths/models/m"}}
      model_name: diabetes_progression
    outputs:
      scores: {{type: uri_folder, mode: direct, path: "azureml://datastores/lake/paths/scores/s"}}
    resources: {{instance_type: standard_e4s_v3, runtime_version: "3.5"}}
"""


@pytest.fixture
def lake(tmp_path: Path) -> AbfsLake:
    container = ContainerClient("http://127.0.0.1:1/account", "lake")  # nobody asks it
    return AbfsLake(URI, tmp_path, container, spark_environment={}, reader_environment={})


def planned(file: Path, state: Path) -> Plan:
    lake = ServedLake(state, "/subscriptions/s/resourceGroups/g/workspaces/w")
    locations = Locations(lake, state / "runs", "RUN", Registry(state))
    return plan_pipeline(file, locations, overrides={}, target_inputs={"lake": URI})


def placed(plan: Plan, name: str, lake: OpenLake) -> NodeData:
    node = plan.nodes[name]
    produced = {
        (producer.name, output.name): output.location
        for producer in plan.nodes.values()
        for output in producer.outputs.values()
    }
    folder = plan.locations.node_folder(name)
    here = partial(local_copy, plan.locations)
    return bring_inputs(node, input_texts(node, produced), folder, lake, here)


def test_a_command_in_mode_direct_gets_the_uri_that_azure_gives(
    lake: AbfsLake, tmp_path: Path
) -> None:
    published = placed(planned(PIPELINES / "data.yml", tmp_path), "publish_mltable", lake)
    assert published.outputs["train"] == f"{DATASTORE}/published/RUN_publish_mltable/train"
    assert published.outputs["receipt"] == f"{tmp_path}/runs/RUN/publish_mltable/outputs/receipt"
    registered = placed(planned(PIPELINES / "training.yml", tmp_path), "register_model", lake)
    assert registered.inputs["model"] == f"{DATASTORE}/models/RUN_compare"
    assert not registered.all_local


def test_an_output_that_is_mounted_is_a_folder_where_the_registry_finds_models(
    lake: AbfsLake, tmp_path: Path
) -> None:
    plan = planned(PIPELINES / "training.yml", tmp_path)
    assert placed(plan, "compare", lake).outputs["model"] == f"{tmp_path}/models/RUN_compare"
    assert plan.nodes["compare"].outputs["model"].location == f"{DATASTORE}/models/RUN_compare"


def test_spark_gets_uris_of_its_own_kind_and_such_a_node_is_never_taken_from_before(
    lake: AbfsLake, tmp_path: Path
) -> None:
    (tmp_path / "pipeline.yml").write_text(SCORE_ON_SPARK)
    scored = placed(planned(tmp_path / "pipeline.yml", tmp_path), "score_spark", lake)
    assert scored.inputs["batch"] == f"{URI}/batches/b"
    assert scored.inputs["model_name"] == "diabetes_progression"
    assert scored.outputs["scores"] == f"{URI}/scores/s"
    assert not scored.all_local


def test_a_node_without_data_in_the_lake_can_be_taken_from_before(
    lake: AbfsLake, tmp_path: Path
) -> None:
    plan = planned(PIPELINES / "batch_inference.yml", tmp_path)
    assert placed(plan, "resolve_model", lake).all_local
    assert placed(plan, "resolve_model", FolderLake(tmp_path)) == placed(
        plan, "resolve_model", lake
    )
