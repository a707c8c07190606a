"""Jobs that the official client submits to the local workspace, which runs them here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.local.tracking import prepare_tracking
from tests.integration.test_local_workspace_process import wait_until_gone
from tests.integration.workspace_jobs import run_job, workspace
from tests.integration.workspace_with_jobs import (
    SUBMITTING,
    WorkspaceWithJobs,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.sdk
ROOT = Path(__file__).resolve().parents[2]
SERVER = """
import json, sys
from pathlib import Path
from aml_pipelines.local.workspace import serving
from tests.integration.workspace_jobs import TARGET

lake = Path(sys.argv[1])
with serving(TARGET, lake=lake, log=lake / "workspace.log", jobs_master="local[1]") as served:
    served.wait_ready()
    print(json.dumps([served.pid, served.env]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("lake")
    prepare_tracking(lake, "flights")
    for name in ("raw", "gold/train"):
        (lake / name).mkdir(parents=True)
    (lake / "gold" / "train" / "MLTable").write_text("paths: [{file: ./rows.csv}]\n")
    return lake


@pytest.fixture(scope="module")
def served(lake: Path) -> Iterator[WorkspaceWithJobs]:
    with workspace_with_jobs(lake) as served:
        yield served


def submitting(env: Mapping[str, str], script: str) -> dict[str, object]:
    return run_job(env, SUBMITTING + script)


def test_a_pipeline_is_submitted_followed_and_its_outputs_are_found(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
write("code/main.py", "import sys; open(sys.argv[2], 'w').write(sys.argv[1] * int(sys.argv[3]))")
write("write.yml", json.dumps({
    "type": "command", "name": "write", "version": "1", "code": "./code",
    "environment": {"image": "ubuntu"},
    "inputs": {"word": {"type": "string"}, "times": {"type": "integer", "default": 2}},
    "outputs": {"text": {"type": "uri_file"}},
    "command": "python main.py ${{inputs.word}} ${{outputs.text}} ${{inputs.times}}",
}))
inner = {
    "type": "pipeline", "name": "inner", "version": "1",
    "inputs": {"word": {"type": "string"}}, "outputs": {"text": {"type": "uri_file"}},
    "jobs": {"write": {"type": "command", "component": "./write.yml",
        "inputs": {"word": "${{parent.inputs.word}}"},
        "outputs": {"text": "${{parent.outputs.text}}"}}},
}
write("inner.yml", json.dumps(inner))
read = node("cat ${{inputs.text}}; env | grep ^AZUREML_RUN_ID=; echo $SHOUT; ls ${{inputs.raw}}",
    inputs={"text": "${{parent.jobs.outer.outputs.text}}",
            "raw": {"type": "uri_folder", "path": "azureml://datastores/lake/paths/raw"}},
    environment_variables={"SHOUT": "hey ho"}, limits={"timeout": 60})
job = pipeline(
    {"outer": {"type": "pipeline", "component": "./inner.yml",
               "inputs": {"word": "${{parent.inputs.word}}"},
               "outputs": {"text": "${{parent.outputs.text}}"}},
     "read": read},
    inputs={"word": "la"}, outputs={"text": {"type": "uri_file"}}, tags={"a": "b"},
)
name = submit(job, "followed")
ml.jobs.stream(name)
done = ml.jobs.get(name)
ml.jobs.download(name, download_path=files / "all", all=True)
ml.jobs.download(f"{name}_read", download_path=files / "child")
tell(
    status=done.status, children=children(name), tags=done.tags,
    output=done.outputs["text"].path.partition("/workspaces/local/")[2],
    text=next((files / "all/named-outputs/text").rglob("*text")).read_text(),
    log=next((files / "child").rglob("std_log.txt")).read_text(),
    child=ml.jobs.get(f"{name}_read").display_name, type=ml.jobs.get(name).type,
)
""",
    )
    assert told == {
        "status": "Completed",
        "children": {"followed_outer.write": "Completed", "followed_read": "Completed"},
        "tags": {"a": "b"},
        "output": "datastores/lake/paths/runs/followed/outer.write/outputs/text",
        "text": "lala",
        "log": "lalaAZUREML_RUN_ID=followed_read\nhey ho\n",
        "child": "read",
        "type": "pipeline",
    }


def test_a_failed_job_says_which_node_failed_and_how(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
name = submit(pipeline({"good": node("true"), "bad": node("echo so far; exit 3")}))
said = refusal(ml.jobs.stream, name)
missing = pipeline({"read": node("cat ${{inputs.data}}", inputs={
    "data": {"type": "uri_file", "path": "azureml://datastores/lake/paths/none.csv"}})})
absent = submit(missing)
tell(said=said, status=ml.jobs.get(name).status, bad=children(name)[f"{name}_bad"],
     absent=refusal(ml.jobs.stream, absent))
""",
    )
    assert "JobException" in str(told["said"])
    assert "node 'bad' ended with exit code 3; the end of its log:\\n so far" in str(told["said"])
    assert (told["status"], told["bad"]) == ("Failed", "Failed")
    assert "pipeline.yml:" in str(told["absent"])
    assert "does not exist" in str(told["absent"])


def test_jobs_run_in_turn_and_are_cancelled_wherever_they_are(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
running = submit(pipeline({"wait": node("sleep 100")}))
queued = submit(pipeline({"say": node("echo hi")}))
states = [wait_for(running, "Running"), ml.jobs.get(queued).status]
ml.jobs.begin_cancel(queued).result()
ml.jobs.begin_cancel(running).result()
states += [ended(running), ended(queued), *children(running).values()]
ml.jobs.begin_cancel(running).result()
after = submit(pipeline({"say": node("echo again")}))
tell(states=states, after=ended(after), absent=refusal(ml.jobs.begin_cancel, "none"))
""",
    )
    assert told["states"] == ["Running", "Queued", "Canceled", "Canceled", "Canceled"]
    assert told["after"] == "Completed"
    assert "job 'none' does not exist" in str(told["absent"])


def test_a_job_is_immutable_but_for_what_describes_it(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
name = submit(pipeline({"say": node("echo one")}), "once")
again = submit(pipeline({"say": node("echo one")}), "once")
other = refusal(submit, pipeline({"say": node("echo two")}), "once")
ml.jobs.update(name, display_name="Once", tags={"kept": "yes"})
edited = ml.jobs.get(name)
edited.tags = {"new": "1"}
edited.description = "said once"
tags = ml.jobs.create_or_update(edited).tags
ended(name)
ml.jobs.archive(name)
archived = [[job.name for job in ml.jobs.list(list_view_type=view) if job.name == name]
            for view in ("ActiveOnly", "ArchivedOnly")]
ml.jobs.restore(name)
last = ml.jobs.get(name)
tell(same=again, other=other, tags=tags, archived=archived,
     last=[last.display_name, last.description, name in [job.name for job in ml.jobs.list()]])
""",
    )
    assert told["same"] == "once"
    assert "ResourceExistsError: (Conflict) job 'once' exists already" in str(told["other"])
    assert "its ['jobs'] differ" in str(told["other"])
    assert told["tags"] == {"kept": "yes", "new": "1"}
    assert told["archived"] == [[], ["once"]]
    assert told["last"] == ["Once", "said once", True]


def test_what_cannot_be_run_is_refused_when_it_is_submitted(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
job = {"jobType": "Pipeline", "jobs": {}}
def code(**more):
    status, answer = put("jobs/refused", {"properties": {**job, **more}})
    return [status, answer["error"]["message"]]
data = {"jobInputType": "mltable", "uri": "azureml:never@latest"}
tell(
    unknown=code(colour="red"), wrong=code(isArchived="yes"), sweep=code(jobType="Sweep"),
    empty=code(), unregistered=code(inputs={"train": data}),
    field=code(jobs={"a": {"type": "command", "colour": "red"}}),
    parallel=code(jobs={"a": {"type": "parallel"}}), absent=refusal(ml.jobs.get, "refused"),
)
""",
    )
    assert told["unknown"][0] == 400  # type: ignore[index]  # each is a status and a message
    assert "unknown fields ['colour']" in str(told["unknown"])
    assert "isArchived is 'yes'; it takes bool" in str(told["wrong"])
    assert told["sweep"][0] == 501  # type: ignore[index]
    assert "'Sweep' are not run by the local workspace" in str(told["sweep"])
    assert told["empty"] == [400, "pipeline.yml:1: the pipeline has no jobs"]
    assert "data asset 'never' is not registered" in str(told["unregistered"])
    assert "has no field 'colour'" in str(told["field"])
    assert "type 'parallel', which the local executor does not run" in str(told["parallel"])
    assert "does not exist" in str(told["absent"])


def test_registered_components_and_labels_are_resolved_once(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
ml.data.create_or_update(table())
say = load_component(write("say.yml", json.dumps({
    "type": "command", "name": "say", "version": "7", "environment": {"image": "ubuntu"},
    "inputs": {"table": {"type": "mltable"}}, "command": "ls ${{inputs.table}}"})))
ml.components.create_or_update(say)
train = {"type": "mltable", "path": "azureml:train@latest"}
name = submit(pipeline({"say": {"type": "command", "component": "azureml:say@latest",
    "inputs": {"table": "${{parent.inputs.train}}"}}}, inputs={"train": train}))
ended(name)
raw = {"jobInputType": "mltable", "uri": "azureml:train@latest"}
block = {"type": "command", "componentId": "azureml:say@latest",
         "inputs": {"table": {"job_input_type": "literal", "value": "${{parent.inputs.train}}"}}}
status, answer = put("jobs/labels", {"properties": {
    "jobType": "Pipeline", "experimentName": "flights", "inputs": {"train": raw},
    "jobs": {"say": block}, "settings": {"default_compute": "serverless"}}})
ml.data.create_or_update(table("gold/other"))
stored = ml.jobs.get("labels")
tell(ran=ended(name), status=status, ended=ended("labels"), train=stored.inputs["train"].path,
     say=answer["properties"]["jobs"]["say"]["componentId"])
""",
    )
    assert told == {
        "ran": "Completed",
        "status": 201,
        "ended": "Completed",
        "train": "azureml:train:1",
        "say": "azureml:say:7",
    }


def test_a_command_job_is_its_one_node(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
job = load_job(write("job.yml", json.dumps(node(
    "echo ${{inputs.word}} $AZUREML_RUN_ID > ${{outputs.text}}; echo $AZURE_CLIENT_ID",
    inputs={"word": "hi"}, outputs={"text": {"type": "uri_file"}}, compute="serverless",
    experiment_name="flights", environment_variables={"AZURE_CLIENT_ID": "mine"}))))
name = submit(job, "single")
ml.jobs.stream(name)
ml.jobs.download(name, download_path=files, output_name="text")
ml.jobs.download(name, download_path=files)
tell(children=children(name), text=next((files / "named-outputs").rglob("text/*")).read_text(),
     log=next((files / "artifacts").rglob("std_log.txt")).read_text())
""",
    )
    assert told == {"children": {}, "text": "hi single\n", "log": "mine\n"}


def test_a_submission_survives_a_throttled_and_a_dropped_request(
    served: WorkspaceWithJobs,
) -> None:
    served.faults.plan("throttle", "PUT", "/jobs/unlucky")
    served.faults.plan("drop", "PUT", "/jobs/unlucky")
    served.faults.plan("fail half-way", "PUT", "/jobs/unlucky")
    told = submitting(
        served.env,
        'tell(status=ended(submit(pipeline({"say": node("echo hi")}), "unlucky")))',
    )
    assert told == {"status": "Completed"}
    assert served.faults.are_over


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_ends_with_the_workspace_and_what_waits_runs_when_it_is_back(
    lake: Path, tmp_path: Path, how: signal.Signals
) -> None:
    shutil.copytree(lake / "mlflow", tmp_path / "mlflow")
    mark = tmp_path / "pid"
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        pid, env = json.loads(server.stdout.readline())
        told = submitting(
            env,
            f"""
running = submit(pipeline({{"wait": node("echo $$ > {mark}; exec sleep 1000")}}), "running")
queued = submit(pipeline({{"say": node("echo hi")}}), "queued")
wait_for(running, "Running")
while not os.path.exists("{mark}"):
    time.sleep(0.1)
tell(queued=ml.jobs.get(queued).status)
""",
        )
        os.kill(pid, how)
        assert wait_until_gone(int(mark.read_text()))
        server.kill()

    with workspace_with_jobs(tmp_path) as served:
        after = submitting(
            served.env,
            """
why = refusal(ml.jobs.stream, "running")
tell(ended=ended("running"), nodes=children("running"), why=why, queued=ended("queued"))
""",
        )
    assert told == {"queued": "Queued"}
    assert "the workspace ended while the job ran" in str(after.pop("why"))
    assert after == {
        "ended": "Failed",
        "nodes": {"running_wait": "Canceled"},
        "queued": "Completed",
    }


def test_a_workspace_beside_a_run_shows_jobs_and_takes_none(lake: Path) -> None:
    with workspace(lake) as beside:
        told = submitting(beside.env, 'tell(said=refusal(submit, pipeline({"say": node("true")})))')
    assert "jobs are run by a workspace that is served by itself" in str(told["said"])
