"""Jobs that the official client submits to the local workspace, which runs them here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_jobs import workspace
from tests.integration.workspace_with_jobs import (
    WorkspaceWithJobs,
    new_lake,
    submitting,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sdk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceWithJobs]:
    with workspace_with_jobs(new_lake(tmp_path_factory.mktemp("lake"))) as served:
        yield served


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
            "raw": {"type": "uri_folder", "path": "${{parent.inputs.raw}}"}},
    environment_variables={"SHOUT": "hey ho"}, limits={"timeout": 60})
job = pipeline(
    {"outer": {"type": "pipeline", "component": "./inner.yml",
               "inputs": {"word": "${{parent.inputs.word}}"},
               "outputs": {"text": "${{parent.outputs.text}}"}},
     "read": read},
    inputs={"word": "la", "raw": {"type": "uri_folder", "path": "azureml://datastores/lake/paths/raw"}},
    outputs={"text": {"type": "uri_file"}}, tags={"a": "b"},
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
    modes=[done.inputs["raw"].mode, done.outputs["text"].mode],
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
        "modes": ["ro_mount", "rw_mount"],
    }


def test_an_output_is_registered_and_read_by_the_name_of_its_job(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
made = node("mkdir -p ${{outputs.o}}/m; echo 7 > ${{outputs.o}}/m/MLmodel",
            outputs={"o": {"type": "uri_folder"}})
ended(submit(pipeline({"make": made}), "maker"))
OF = "azureml://jobs/maker_make/outputs"
model = ml.models.create_or_update(Model(name="m", type="mlflow_model", path=f"{OF}/o/paths/m"))
data = ml.data.create_or_update(Data(name="d", type="uri_folder", path=f"{OF}/o"))
logs = ml.data.create_or_update(Data(name="logs", type="uri_folder",
                                     path="azureml://jobs/maker/outputs/artifacts"))
reader = submit(pipeline({"read": node("cat ${{inputs.m}}/MLmodel", inputs={
    "m": {"type": "uri_folder", "path": f"{OF}/o/paths/m"}})}))
tell(model=model.path.partition("/datastores/")[2], data=data.path.partition("/datastores/")[2],
     logs=logs.path.partition("/datastores/")[2], read=ended(reader),
     none=refusal(ml.data.create_or_update, Data(name="x", type="uri_folder", path=f"{OF}/p")),
     nobody=refusal(ml.data.create_or_update,
                    Data(name="x", type="uri_folder", path="azureml://jobs/nobody/outputs/o")))
""",
    )
    assert (told["model"], told["data"], told["read"]) == (
        "lake/paths/runs/maker/make/outputs/o/m",
        "lake/paths/runs/maker/make/outputs/o/",
        "Completed",
    )
    assert told["logs"] == "workspaceartifactstore/paths/ExperimentRun/dcid.maker/"
    assert "job 'maker_make' has not made an output 'p'; it has made ['artifacts', 'o']" in str(
        told["none"]
    )
    assert "job 'nobody' does not exist" in str(told["nobody"])


@pytest.mark.slow
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
    assert "jobs.read.inputs.data: input 'data'" in str(told["absent"])
    assert "does not exist" in str(told["absent"])


def test_jobs_that_touch_nothing_in_common_run_at_once(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
mark = files / "mark"
waiting = submit(pipeline({"wait": node(f"until [ -e {mark} ]; do sleep 0.05; done")}))
marking = submit(pipeline({"mark": node(f"touch {mark}")}))
tell(states=[ended(waiting), ended(marking)])
""",
    )
    assert told["states"] == ["Completed", "Completed"]


def test_jobs_that_write_the_same_run_in_turn_and_are_cancelled_wherever_they_are(
    served: WorkspaceWithJobs,
) -> None:
    told = submitting(
        served.env,
        """
same = {"made": {"type": "uri_folder", "path": f"{LAKE}/same"}}
running = submit(pipeline({"wait": node("sleep 100 # ${{outputs.made}}", outputs=same)}))
queued = submit(pipeline({"say": node("echo hi # ${{outputs.made}}", outputs=same)}))
states = [wait_for(running, "Running"), ml.jobs.get(queued).status]
ml.jobs.begin_cancel(queued).result()
ml.jobs.begin_cancel(running).result()
states += [ended(running), ended(queued), *children(running).values()]
ended_before = refusal(ml.jobs.begin_cancel, running)
after = submit(pipeline({"say": node("echo again")}))
tell(states=states, after=ended(after), absent=refusal(ml.jobs.begin_cancel, "none"),
     ended_before=ended_before)
""",
    )
    assert told["states"] == ["Running", "Queued", "Canceled", "Canceled", "Canceled"]
    assert "has ended, and cannot be cancelled" in str(told["ended_before"])
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
    assert "ResourceExistsError: (UserError) job 'once' exists already" in str(told["other"])
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
    unknown=code(colour="red"), wrong=code(isArchived="yes"),
    empty=code(), unregistered=code(inputs={"train": data}),
    field=code(jobs={"a": {"type": "command", "colour": "red"}}),
    kind=code(jobs={"a": {"type": "quantum"}}), absent=refusal(ml.jobs.get, "refused"),
)
""",
    )
    assert told["unknown"][0] == 400  # type: ignore[index]  # each is a status and a message
    assert "unknown fields ['colour']" in str(told["unknown"])
    assert "isArchived is 'yes'; it takes bool" in str(told["wrong"])
    assert told["empty"] == [400, "job: the pipeline has no jobs"]
    assert "data asset 'never' is not registered" in str(told["unregistered"])
    assert "has no field 'colour'" in str(told["field"])
    assert "type 'quantum', which the local executor does not run" in str(told["kind"])
    assert "does not exist" in str(told["absent"])


def test_a_submission_survives_a_throttled_and_a_dropped_request(
    served: WorkspaceWithJobs,
) -> None:
    served.faults.plan("throttle", "PUT", "/jobs/unlucky")
    served.faults.plan("drop", "PUT", "/jobs/unlucky")
    served.faults.plan("fail", "PUT", "/jobs/unluckier")
    told = submitting(
        served.env,
        """
names = [submit(pipeline({"say": node("echo hi")}), name) for name in ("unlucky", "unluckier")]
tell(statuses=[ended(name) for name in names])
""",
    )
    assert told == {"statuses": ["Completed", "Completed"]}
    assert served.faults.are_over


def test_a_workspace_beside_a_run_shows_jobs_and_takes_none(tmp_path: Path) -> None:
    with workspace(tmp_path) as beside:
        told = submitting(beside.env, 'tell(said=refusal(submit, pipeline({"say": node("true")})))')
    assert "jobs are run by a workspace that is served by itself" in str(told["said"])


def test_a_job_that_has_ended_is_deleted_and_its_outputs_stay(served: WorkspaceWithJobs) -> None:
    told = submitting(
        served.env,
        """
import mlflow
def made(name):
    say = node("echo hi > ${{outputs.text}}", outputs={"text": "${{parent.outputs.text}}"})
    return submit(pipeline({"say": say}, outputs={"text": {"type": "uri_file"}}), name)
ended(made("doomed"))
child = ml.jobs.get("doomed_say").name
place = f"{LAKE}/runs/doomed/say/text"
ml.data.create_or_update(Data(name="kept", type="uri_file", path=place))
running = submit(pipeline({"wait": node("sleep 60")}), "busy")
busy = refusal(ml.jobs.begin_delete, "busy")
ml.jobs.begin_cancel("busy").result()
ml.jobs.begin_delete("doomed").result()
experiment = mlflow.get_experiment_by_name("flights").experiment_id
runs = mlflow.search_runs([experiment])
tell(child=child, busy=busy, gone=refusal(ml.jobs.get, "doomed"),
     child_gone=refusal(ml.jobs.get, "doomed_say"), again=refusal(made, "doomed"),
     twice=refusal(ml.jobs.begin_delete, "doomed"),
     listed=[job.name for job in ml.jobs.list() if job.name == "doomed"],
     runs=[run for run in runs.run_id if run.startswith("doomed")],
     kept=ml.data.get("kept", label="latest").path.endswith("runs/doomed/say/text"))
""",
    )
    assert told["child"] == "doomed_say"
    assert "job 'busy' is" in str(told["busy"])
    assert "cancel it first" in str(told["busy"])
    for name in ("gone", "child_gone", "twice"):
        assert "ResourceNotFoundError" in str(told[name])
    assert (told["listed"], told["runs"], told["kept"]) == ([], [], True)
    assert "give the job another name" in str(told["again"])
