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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_parallel_component_and_an_inline_one_run_with_what_their_nodes_state(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
write("code/score.py", '''
import os, sys
def run(mini_batch):
    return [f"{sys.argv[2]} {len(mini_batch)} {os.environ['WHO']}" for _ in mini_batch]
''')
for name in "abc":
    write(f"rows/{name}.txt", name)
component = {
    "type": "parallel", "name": "score", "version": "1",
    "inputs": {"rows": {"type": "uri_folder"}}, "outputs": {"scores": {"type": "uri_file"}},
    "input_data": "${{inputs.rows}}", "mini_batch_size": "3", "max_concurrency_per_instance": 2,
    "resources": {"instance_count": 2}, "retry_settings": {"max_retries": 1, "timeout": 30},
    "task": {"type": "run_function", "code": "./code", "entry_script": "score.py",
             "environment": {"image": "ubuntu"}, "program_arguments": "--word 'it is'",
             "append_row_to": "${{outputs.scores}}"}}
write("score.yml", json.dumps(component))
inline = {key: component[key] for key in ("type", "input_data", "task")}
def scoring(node, who):
    return {**node, "inputs": {"rows": "${{parent.inputs.rows}}"}, "mini_batch_size": "2",
            "environment_variables": {"WHO": who},
            "outputs": {"scores": f"${{{{parent.outputs.{who}}}}}"}}
inline = scoring(inline, "inline")
inline["inputs"] = {"rows": {"type": "uri_folder", "path": "${{parent.inputs.rows}}"}}
inline["outputs"] = {"scores": {"type": "uri_file", "path": "${{parent.outputs.inline}}"}}
name = submit(pipeline(
    {"file": scoring({"type": "parallel", "component": "./score.yml"}, "file"), "inline": inline},
    inputs={"rows": {"type": "uri_folder", "path": "./rows"}},
    outputs={"file": {"type": "uri_file"}, "inline": {"type": "uri_file"}}), "scored")
status = ended(name)
if status != "Completed":
    ml.jobs.stream(name)
texts = {}
for output in ("file", "inline"):
    ml.jobs.download(name, download_path=files, output_name=output)
    texts[output] = next((files / "named-outputs" / output).rglob("scores")).read_text()
tell(status=status, children=children(name), **texts)
""",
    )
    assert told == {
        "status": "Completed",
        "children": {"scored_file": "Completed", "scored_inline": "Completed"},
        "file": "it is 2 file\nit is 2 file\nit is 1 file\n",
        "inline": "it is 2 inline\nit is 2 inline\nit is 1 inline\n",
    }


@pytest.mark.slow
def test_sweep_jobs_and_nodes_have_children_and_the_outputs_of_the_best_one(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
write("code/try.py", '''
import os, sys, mlflow
mlflow.log_metric("loss", (int(sys.argv[1]) - 2) ** 2)
open(sys.argv[2] + "/who.txt", "w").write(os.environ["AZUREML_RUN_ID"])
print("tried", sys.argv[1])
''')
environment = {"image": "ubuntu"}
search = {
    "type": "sweep", "sampling_algorithm": "grid",
    "search_space": {"depth": {"type": "choice", "values": [1, 2]}},
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "limits": {"max_total_trials": 2, "max_concurrent_trials": 2, "timeout": 600,
               "trial_timeout": 300},
    "early_termination": {"type": "median_stopping", "delay_evaluation": 5}}
alone = {**search, "compute": "serverless", "experiment_name": "flights",
         "outputs": {"model": {"type": "uri_folder"}}, "resources": {"shm_size": "2g"},
         "trial": {"code": "./code", "environment": environment,
                   "command": "python try.py ${{search_space.depth}} ${{outputs.model}}"}}
write("try.yml", json.dumps({
    "type": "command", "name": "try", "version": "1", "code": "./code", "environment": environment,
    "inputs": {"depth": {"type": "integer"}}, "outputs": {"model": {"type": "uri_folder"}},
    "command": "python try.py ${{inputs.depth}} ${{outputs.model}}"}))
node = {**search, "trial": "./try.yml", "limits": {"max_total_trials": 1},
        "outputs": {"model": "${{parent.outputs.model}}"}}
names = [submit(load_job(write("sweep.yml", json.dumps(alone))), "alone"),
         submit(pipeline({"look": node}, outputs={"model": {"type": "uri_folder"}}), "within")]
def downloaded(name, *more, **how):
    folder = files / "got" / name
    ml.jobs.download(name, download_path=folder, **how)
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.txt")
            if file.name in more}
statuses = {name: ended(name) for name in names}
job = ml.jobs.get("alone")
tell(statuses=statuses, trials=children("alone"), nodes=children("within"),
     within=children("within_look"), best=job.properties["best_child_run_id"],
     space=job.search_space["depth"].values, trial=job.trial.command,
     model=downloaded("alone", "who.txt", output_name="model"),
     outer=downloaded("within", "who.txt", output_name="model"),
     log=downloaded("alone_0", "std_log.txt"),
     whole=downloaded("alone", "std_log.txt", all=True)["artifacts/user_logs/std_log.txt"])
""",
    )
    assert told == {
        "statuses": {"alone": "Completed", "within": "Completed"},
        "trials": {"alone_0": "Completed", "alone_1": "Completed"},
        "nodes": {"within_look": "Completed"},
        "within": {"within_look_0": "Completed"},
        "best": "alone_1",
        "space": [1, 2],
        "trial": "python try.py ${{search_space.depth}} ${{outputs.model}}",
        "model": {"named-outputs/model/who.txt": "alone_1"},
        "outer": {"named-outputs/model/who.txt": "within_look_0"},
        "log": {"artifacts/user_logs/std_log.txt": "tried 1\n"},
        "whole": "tried 2\n",
    }


@pytest.mark.slow
def test_a_job_is_its_mlflow_run_whose_files_and_tags_a_client_sees(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
import mlflow
from azure.ai.ml import command
script = "import mlflow; mlflow.log_metric('loss', 1); mlflow.set_tag('colour', 'blue')"
line = f'echo kept > outputs/model.txt; echo logged > logs/more.txt; python -c "{script}"'
job = command(command=line, environment="azureml:any:1", experiment_name="flights")
name = ml.jobs.create_or_update(job).name
status = ended(name)
ml.jobs.download(name, download_path=files / "down", all=True)
here = files / "down" / "artifacts"
kept = sorted(str(f.relative_to(here)) for f in here.rglob("*") if f.is_file())
path = f"azureml://jobs/{name}/outputs/artifacts/paths/outputs/model.txt"
model = ml.models.create_or_update(Model(name="kept", type="custom_model", path=path))
run = mlflow.get_run(name)
tell(status=status, kept=kept, model=model.path, tags=ml.jobs.get(name).tags,
     run=[run.info.status, run.data.metrics])
""",
    )
    assert told["status"] == "Completed"
    assert told["kept"] == ["logs/more.txt", "outputs/model.txt", "user_logs/std_log.txt"]
    assert str(told["model"]).endswith("/outputs/model.txt")
    assert told["tags"] == {"colour": "blue"}
    assert told["run"] == ["FINISHED", {"loss": 1.0}]


@pytest.mark.slow
def test_a_pipeline_component_is_a_job_by_itself_and_groups_of_inputs_have_points(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
from azure.ai.ml import Input, Output, command, dsl
from azure.ai.ml.dsl._group_decorator import group

environment = "azureml:any:1"
say = command(name="say", inputs={"who": Input(type="string"), "n": Input(type="number")},
              outputs={"said": Output(type="uri_file")}, environment=environment,
              command="echo ${{inputs.who}} ${{inputs.n}} > ${{outputs.said}}")

@group
class Sub:
    number: int

@group
class Whole:
    who: str
    sub: Sub

@dsl.pipeline(default_compute="serverless")
def grouped(whole: Whole):
    step = say(who=whole.who, n=whole.sub.number)
    return {"said": step.outputs.said}

registered = ml.components.create_or_update(load_component(write("once.yml", json.dumps({
    "type": "pipeline", "name": "once", "version": "1", "inputs": {"who": {"type": "string"}},
    "outputs": {"said": {"type": "uri_file"}},
    "jobs": {"a": {"command": "echo ${{inputs.who}} > ${{outputs.said}}",
        "environment": environment, "inputs": {"who": "${{parent.inputs.who}}"},
        "outputs": {"said": "${{parent.outputs.said}}"}}}}))))
alone = registered(who="she")
alone.settings.default_compute = "serverless"
said = []
for job in (grouped(whole=Whole(who="he", sub=Sub(number=4))), alone):
    name = ml.jobs.create_or_update(job, experiment_name="flights").name
    status = ended(name)
    ml.jobs.download(name, download_path=files / name, output_name="said")
    text = [f.read_text() for f in (files / name).rglob("*") if f.is_file()]
    said.append([status, *text])
tell(said=said)
""",
    )
    assert told["said"] == [["Completed", "he 4\n"], ["Completed", "she\n"]]
