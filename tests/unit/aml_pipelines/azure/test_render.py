"""What a target changes in a job is a closed list; everything else is sent as it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from aml_pipelines.azure.one_component import component_job
from aml_pipelines.azure.render import read_job, render_job
from conf.errors import UserError
from conf.target import REPOSITORY, Identity, Spark, Target
from conf.target_file import load_target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PIPELINES = REPOSITORY / "aml_pipelines"
DEV = replace(load_target("dev"), lake="abfss://lake@ours.dfs.core.windows.net")
MANAGED = replace(DEV, identity=Identity("managed", client_id="c1"))


def differences(stated: object, sent: object, path: str = "") -> dict[str, object]:
    """Map the path of every value that differs to what is sent."""
    if isinstance(stated, dict) and isinstance(sent, dict):
        found: dict[str, object] = {}
        for key in {**stated, **sent}:
            found |= differences(stated.get(key), sent.get(key), f"{path}/{key}")
        return found
    return {} if stated == sent else {path: sent}


def sent(name: str, target: Target, given: Mapping[str, str] | None = None) -> dict[str, object]:
    file = PIPELINES / f"{name}.yml"
    rendered = render_job(file, target, given or {})
    assert yaml.safe_load(rendered.text) == rendered.document
    return differences(read_job(file), rendered.document)


def test_only_the_lake_differs_where_the_target_asks_for_nothing_else() -> None:
    assert sent("training", DEV) == {
        "/inputs/lake": DEV.lake,
        **{
            f"/jobs/{node}/identity": {"type": "managed"}
            for node in ("train_1", "train_2", "train_3", "compare", "register_model")
        },
    }


def test_spark_goes_to_the_size_and_runtime_of_the_target() -> None:
    target = replace(DEV, spark=Spark(instance_type="standard_e8s_v3", runtime_version="3.5"))
    assert {value for path, value in sent("data", target).items() if "resources" in path} == {
        "standard_e8s_v3"
    }


def test_spark_goes_to_the_attached_pool_instead() -> None:
    changed = sent("data", replace(DEV, spark=Spark(pool="synapse")))
    nodes = ("ingest", "clean", "build_features", "split")
    assert {path: value for path, value in changed.items() if path.startswith("/jobs")} == {
        **{f"/jobs/{node}/compute": "azureml:synapse" for node in nodes},
        **{f"/jobs/{node}/resources": None for node in nodes},
        "/jobs/publish_mltable/identity": {"type": "managed"},
    }


def test_the_client_id_of_a_managed_identity_reaches_command_and_spark_nodes() -> None:
    changed = sent("data", MANAGED)
    assert changed["/jobs/publish_mltable/environment_variables"] == {"AZURE_CLIENT_ID": "c1"}
    assert changed["/jobs/publish_mltable/identity"] == {"type": "managed", "client_id": "c1"}
    conf = changed["/jobs/ingest/conf"]
    stated = read_job(REPOSITORY / "components" / "ingest" / "component.yml")["conf"]
    assert conf == stated | {
        "spark.yarn.appMasterEnv.AZURE_CLIENT_ID": "c1",
        "spark.executorEnv.AZURE_CLIENT_ID": "c1",
    }


def test_another_environment_version_is_sent_with_the_component_that_names_it() -> None:
    changed = sent("training", replace(DEV, environments={"train": "7"}))
    component = changed["/jobs/train_1/component"]
    assert isinstance(component, dict)
    stated = read_job(REPOSITORY / "components" / "train" / "component.yml")
    assert differences(stated, component) == {
        "/environment": "azureml:train:7",
        "/code": "../components/train",
        "/additional_includes": [
            *("../components/assets", "../components/encoders", "../components/learning"),
            *("../components/serve/raw_columns.py", "../conf"),
        ],
    }


def test_data_keeps_its_type_and_a_number_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text(
        "type: pipeline\ninputs: {rows: {type: mltable, path: 'azureml:a:1'}, days: 3}\njobs: {}\n"
    )
    given = {"rows": "azureml:a:2", "days": "28"}
    assert render_job(file, DEV, given).document["inputs"] == {
        "rows": {"type": "mltable", "path": "azureml:a:2"},
        "days": 28,
    }


def test_an_input_that_the_job_has_not_is_refused() -> None:
    with pytest.raises(UserError, match=r"no inputs \['day'\]; it has \['as_of', 'dataset'"):
        render_job(PIPELINES / "data.yml", DEV, {"day": "1"})


def test_the_experiment_of_the_target_is_that_of_the_job() -> None:
    assert sent("data", replace(DEV, experiment="nightly"))["/experiment_name"] == "nightly"


def test_a_nested_pipeline_is_rendered_to_its_innermost_spark_node(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.yml").write_text(
        "type: pipeline\nname: inner\njobs:\n  a: {type: spark, component: ./spark.yml}\n"
    )
    (tmp_path / "parts" / "spark.yml").write_text("type: spark\nname: a\ncode: .\n")
    file = tmp_path / "job.yml"
    file.write_text("type: pipeline\njobs:\n  n: {type: pipeline, component: ./parts/inner.yml}\n")
    node = render_job(file, DEV, {}).document["jobs"]["n"]["component"]["jobs"]["a"]
    assert node["component"] == "parts/spark.yml"
    assert node["resources"] == {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"}


def test_a_component_alone_says_all_that_it_needs_at_once() -> None:
    with pytest.raises(UserError) as told:
        component_job("write_scores", DEV, {"dataset": "flights", "source": "x"})
    assert "has no inputs ['source']" in str(told.value)
    assert "--set inputs.as_of=… (string)" in str(told.value)
    assert "--set inputs.scores=… (uri_folder)" in str(told.value)
    assert "lake" not in str(told.value)


def test_a_component_alone_is_a_pipeline_of_one_node() -> None:
    given = {"dataset": "flights", "ingested": "azureml://datastores/lake/paths/r"}
    job = component_job("clean", DEV, given).document
    assert job["inputs"] == {
        "lake": DEV.lake,
        "dataset": "flights",
        "ingested": {
            "type": "uri_folder",
            "path": "azureml://datastores/lake/paths/r",
            "mode": "direct",
        },
    }
    assert job["jobs"]["clean"] == {
        "type": "spark",
        "component": "./component.yml",
        "inputs": {name: f"${{{{parent.inputs.{name}}}}}" for name in job["inputs"]},
        "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"},
        "identity": {"type": "managed"},
    }


def test_a_key_that_stands_twice_is_refused_with_its_line_and_not_the_last_one_taken(
    tmp_path: Path,
) -> None:
    file = tmp_path / "job.yml"
    file.write_text("type: command\ncommand: echo 1\ncommand: echo 2\n")

    with pytest.raises(UserError, match=r"job\.yml:3: 'command' stands here twice"):
        read_job(file)
