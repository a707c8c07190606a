"""What a job's body becomes as files of a pipeline."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.jvm.node_settings import shares_jvm
from aml_pipelines.pipeline.kinds.spark import SparkCode
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.read_component import read_snapshot
from aml_pipelines.pipeline.snapshot import snapshot_files, stage
from aml_pipelines.pipeline.spec import Component, Snapshot
from aml_pipelines.pipeline.yaml_lines import read_fields
from aml_pipelines.repository import COMPONENTS
from aml_pipelines.workspace.assets.code import Sources
from aml_pipelines.workspace.jobs.translate import pipeline_documents
from aml_pipelines.workspace.jobs.vocabulary import (
    compute_name,
    seconds_of,
    short_reference,
)
from conf.yaml_lines import Place

if TYPE_CHECKING:
    from pathlib import Path

IDS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
SPARK = {
    "type": "spark",
    "name": "count",
    "code": f"azureml:{IDS}/codes/c/versions/1",
    "entry": {"file": "count.py"},
    "conf": {"spark.driver.memory": "1g", "spark.sql.ansi.enabled": True},
    "inputs": {"rows": {"type": "integer", "min": "1", "default": "2"}},
    "args": "--rows ${{inputs.rows}}",
    "environment": f"azureml:{IDS}/environments/spark/versions/3",
    "_source": "YAML.COMPONENT",
}
SOURCES = Sources(component=lambda _: SPARK, code=lambda _: "/uploads/count")


def test_a_node_keeps_its_own_conf_beside_that_of_its_component() -> None:
    node = {
        "type": "spark",
        "name": "count",
        "componentId": f"{IDS}/components/count/versions/1",
        "conf": {"spark.driver.memory": "2g"},
        "entry": {"file": "count.py", "spark_job_entry_type": "SparkJobPythonEntry"},
        "identity": {"identity_type": "Managed", "client_id": "me"},
        "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"},
        "inputs": {"rows": {"job_input_type": "literal", "value": "${{parent.inputs.rows}}"}},
        "special_option": {"nobody": "knows it"},
    }
    job = {
        "jobType": "Pipeline",
        "experimentName": "counts",
        "inputs": {"rows": {"jobInputType": "literal", "value": "3"}},
        "settings": {
            "default_compute": f"{IDS}/computes/cpu",
            "continue_on_step_failure": True,
            "_source": "YAML.JOB",
        },
        "jobs": {"count": node},
    }

    assert pipeline_documents(job, SOURCES) == {
        "pipeline.yml": {
            "type": "pipeline",
            "experiment_name": "counts",
            "inputs": {"rows": "3"},
            "settings": {"default_compute": "azureml:cpu", "continue_on_step_failure": True},
            "jobs": {
                "count": {
                    "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"},
                    "special_option": {"nobody": "knows it"},
                    "type": "spark",
                    "inputs": {"rows": "${{parent.inputs.rows}}"},
                    "identity": {"type": "managed", "client_id": "me"},
                    "component": "./components/count.yml",
                }
            },
        },
        "components/count.yml": {
            "type": "spark",
            "name": "count",
            "code": "/uploads/count",
            "entry": {"file": "count.py"},
            "conf": {"spark.driver.memory": "2g", "spark.sql.ansi.enabled": True},
            "inputs": {"rows": {"type": "integer", "default": "2", "min": 1.0}},
            "args": "--rows ${{inputs.rows}}",
            "environment": "azureml:spark:3",
        },
    }


def test_a_command_job_is_a_pipeline_of_one_node() -> None:
    job = {
        "jobType": "Command",
        "command": "echo ${{inputs.word}}",
        "codeId": f"{IDS}/codes/c/versions/1",
        "environmentId": f"{IDS}/environments/e/versions/1",
        "computeId": f"{IDS}/computes/serverless",
        "limits": {"jobLimitsType": "Command", "timeout": "PT1M30S"},
        "inputs": {
            "word": {"jobInputType": "literal", "value": "hi"},
            "data": {
                "jobInputType": "uri_folder",
                "uri": f"{IDS}/data/train/versions/4",
                "mode": "Download",
            },
        },
        "outputs": {"made": {"jobOutputType": "uri_file", "mode": "Upload"}},
    }

    assert pipeline_documents(job, SOURCES) == {
        "pipeline.yml": {
            "type": "pipeline",
            "experiment_name": "Default",
            "jobs": {
                "command": {
                    "type": "command",
                    "command": "echo ${{inputs.word}}",
                    "code": "/uploads/count",
                    "environment": "azureml:e:1",
                    "inputs": {
                        "word": "hi",
                        "data": {
                            "type": "uri_folder",
                            "path": "azureml:train:4",
                            "mode": "download",
                        },
                    },
                    "outputs": {"made": {"type": "uri_file", "mode": "upload"}},
                    "limits": {"timeout": 90.0},
                    "compute": "serverless",
                }
            },
        }
    }


def test_ids_and_short_names_mean_the_same() -> None:
    assert short_reference(f"{IDS}/data/a/versions/1") == "azureml:a:1"
    assert short_reference(f"{IDS}/models/m/labels/latest") == "azureml:m@latest"
    assert compute_name("serverless") == "serverless"


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT1M", 60), ("P1DT2H", 93600), ("PT0.5S", 0.5), ("P1M", "P1M"), ("soon", "soon")],
)
def test_durations_are_seconds(duration: str, seconds: object) -> None:
    assert seconds_of(duration) == seconds


def test_uploaded_code_of_this_repository_shares_the_jvm_and_changed_code_does_not(
    tmp_path: Path,
) -> None:
    own = read_snapshot(read_fields(COMPONENTS / "clean" / "component.yml", Problems()))
    stage(snapshot_files(own), tmp_path / "uploaded")
    shutil.copytree(tmp_path / "uploaded", tmp_path / "changed")
    (tmp_path / "changed" / "more.py").touch()

    def component(code: str) -> Component:
        conf = {"spark.driver.memory": "1g"}
        return Component(
            kind="spark",
            name="clean",
            place=Place(tmp_path / "components" / "clean.yml", 1),
            inputs={},
            outputs={},
            snapshot=Snapshot(tmp_path / code),
            own=SparkCode(entry="clean.py", conf=conf),
        )

    assert shares_jvm(component("uploaded"), "1g")
    assert not shares_jvm(component("changed"), "1g")
