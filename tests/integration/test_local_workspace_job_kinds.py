"""The kinds of jobs and components that the local workspace runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_with_jobs import (
    WorkspaceWithJobs,
    new_lake,
    submitting,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceWithJobs]:
    with workspace_with_jobs(new_lake(tmp_path_factory.mktemp("lake"))) as served:
        yield served


def test_registered_components_and_labels_are_resolved_once(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
register()
say = load_component(write("say.yml", json.dumps({
    "type": "command", "name": "say", "version": "7", "environment": {"image": "ubuntu"},
    "inputs": {"table": {"type": "uri_folder"}}, "command": "ls ${{inputs.table}}"})))
ml.components.create_or_update(say)
train = {"type": "uri_folder", "path": "azureml:train@latest"}
name = submit(pipeline({"speak": {"type": "command", "component": "azureml:say@latest",
    "inputs": {"table": "${{parent.inputs.train}}"}}}, inputs={"train": train}))
ended(name)
raw = {"jobInputType": "uri_folder", "uri": "azureml:train@latest"}
block = {"type": "command", "componentId": "azureml:say@latest",
         "inputs": {"table": {"job_input_type": "literal", "value": "${{parent.inputs.train}}"}}}
status, answer = put("jobs/labels", {"properties": {
    "jobType": "Pipeline", "experimentName": "flights", "inputs": {"train": raw},
    "jobs": {"say": block}, "settings": {"default_compute": "serverless"}}})
register("gold/other")
stored = ml.jobs.get("labels")
tell(ran=ended(name), status=status, ended=ended("labels"), train=stored.inputs["train"].path,
     say=answer["properties"]["jobs"]["say"]["componentId"],
     module=ml.jobs.get(f"{name}_speak").properties["azureml.moduleName"])
""",
    )
    assert told == {
        "ran": "Completed",
        "status": 201,
        "ended": "Completed",
        "train": "azureml:train:1",
        "say": "azureml:say:7",
        "module": "say",
    }


def test_a_command_job_is_its_one_node(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
job = load_job(write("job.yml", json.dumps(node(
    "echo ${{inputs.word}} $AZUREML_RUN_ID > ${{outputs.text}}; echo $AZURE_CLIENT_ID",
    inputs={"word": "hi"}, outputs={"text": {"type": "uri_file"}}, compute="serverless",
    experiment_name="flights", environment_variables={"AZURE_CLIENT_ID": "mine"},
    services={"editor": {"type": "vs_code"}}))))
name = submit(job, "single")
ml.jobs.stream(name)
ml.jobs.download(name, download_path=files, output_name="text")
ml.jobs.download(name, download_path=files)
tell(children=children(name), text=next((files / "named-outputs").rglob("text/*")).read_text(),
     log=next((files / "artifacts").rglob("std_log.txt")).read_text())
""",
    )
    assert told == {"children": {}, "text": "hi single\n", "log": "mine\n"}


@pytest.mark.spark
def test_a_spark_job_of_foreign_code_runs_in_a_jvm_of_its_own(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
write("code/count.py", '''
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(int(sys.argv[1])).coalesce(1).write.json(sys.argv[2])
print("shuffles", spark.conf.get("spark.sql.shuffle.partitions"))
spark.stop()
''')
sizes = {f"spark.{who}.{what}": size for who in ("driver", "executor")
         for what, size in (("cores", 1), ("memory", "1g"))}
job = load_job(write("spark.yml", json.dumps({
    "type": "spark", "code": "./code", "entry": {"file": "count.py"}, "experiment_name": "flights",
    "conf": {**sizes, "spark.executor.instances": 1, "spark.sql.shuffle.partitions": 3},
    "args": "${{inputs.rows}} ${{outputs.numbers}}", "inputs": {"rows": 2},
    "outputs": {"numbers": {"type": "uri_folder", "mode": "direct",
                            "path": "azureml://datastores/lake/paths/numbers"}},
    "resources": {"instance_type": "standard_e4s_v3", "runtime_version": "3.5"}})))
name = submit(job, "counted")
status = ended(name)
ml.jobs.download(name, download_path=files, all=True)
log = next((files / "artifacts").rglob("std_log.txt")).read_text()
rows = next((files / "named-outputs").rglob("part-*.json")).read_text()
tell(status=status, rows=rows.split(), shuffles="shuffles 3" in log)
""",
    )
    assert told == {"status": "Completed", "rows": ['{"id":0}', '{"id":1}'], "shuffles": True}
