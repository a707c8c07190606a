"""Schedules that the official client puts, and the jobs that the local workspace makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.background import job_service, running
from aml_pipelines.workspace.build import build_workspace
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.identity import WorkspaceIdentity
from tests.integration.workspace_with_jobs import (
    WorkspaceWithJobs,
    new_lake,
    submitting,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aml_pipelines.workspace.served import JobService

pytestmark = pytest.mark.sdk
SCHEDULING = """
def schedule(name, line="echo as of ${{inputs.as_of}}", inputs=(), **more):
    given = {"as_of": "${{creation_context.trigger_time}}", **dict(inputs)}
    say = node(line, inputs={key: "${{parent.inputs.%s}}" % key for key in given})
    job = {"type": "pipeline", "experiment_name": "flights", "jobs": {"say": say},
           "settings": {"default_compute": "serverless"}, "inputs": given}
    write("job.yml", json.dumps(job))
    text = {"name": name, "trigger": {"type": "cron", "expression": "0 4 * * *"},
            "create_job": "./job.yml", **more}
    return load_schedule(write("schedule.yml", json.dumps(text)))

def put_schedule(*arguments, **more):
    return ml.schedules.begin_create_or_update(schedule(*arguments, **more)).result()

def jobs_of(name):
    return [job.name for job in ml.jobs.list(schedule_defined=True, scheduled_job_name=name)]
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceWithJobs]:
    with workspace_with_jobs(new_lake(tmp_path_factory.mktemp("lake"))) as served:
        yield served


def scheduling(env: Mapping[str, str], script: str) -> dict[str, object]:
    return submitting(env, SCHEDULING + script)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_schedule_submits_its_frozen_job_with_the_time_at_which_it_was_due(
    served: WorkspaceWithJobs,
) -> None:
    told = scheduling(
        served.env,
        """
register()
train = {"type": "uri_folder", "path": "azureml:train@latest"}
made = put_schedule("nightly", "echo ${{inputs.as_of}} ${{inputs.train}}", {"train": train},
    display_name="Nightly")
register("gold/other")
tell(name=made.display_name, enabled=made.is_enabled, before=jobs_of("nightly"))
""",
    )
    schedules = served.service.schedules
    first = schedules.fire_due(at("2031-01-01T04:00:30"))
    again = schedules.fire_due(at("2031-01-01T04:01:30"))
    after = scheduling(
        served.env,
        """
(name,) = jobs_of("nightly")
status = ended(name)
ml.jobs.download(f"{name}_say", download_path=files)
log = next(files.rglob("std_log.txt")).read_text()
tell(name=name, status=status, log=log,
     others=[job.name for job in ml.jobs.list(schedule_defined=False)])
""",
    )
    assert told == {"name": "Nightly", "enabled": True, "before": []}
    assert (first, again) == (["nightly-20310101T040000Z"], [])
    assert (after["name"], after["status"]) == ("nightly-20310101T040000Z", "Completed")
    assert str(after["log"]).startswith("2031-01-01T04:00:00Z ")
    assert str(after["log"]).endswith("/gold/train\n")
    assert after["others"] == []


def test_a_disabled_schedule_is_not_due_until_it_is_enabled_and_not_after_its_end(
    served: WorkspaceWithJobs,
) -> None:
    schedules = served.service.schedules
    listed = """
tell(enabled=[one.name for one in ml.schedules.list() if one.name == "switched"],
     disabled=[one.name for one in ml.schedules.list(list_view_type="DisabledOnly")],
     is_enabled=ml.schedules.get("switched").is_enabled)
"""
    off = scheduling(
        served.env,
        'put_schedule("switched"); ml.schedules.begin_disable("switched").result()' + listed,
    )
    while_off = schedules.fire_due(at("2031-02-01T04:00:30"))
    on = scheduling(served.env, 'ml.schedules.begin_enable("switched").result()' + listed)
    while_on = schedules.fire_due(at("2031-02-02T04:00:30"))
    scheduling(
        served.env,
        """
put_schedule("switched", trigger={"type": "recurrence", "frequency": "day", "interval": 1,
    "schedule": {"hours": [4], "minutes": [0]}, "end_time": "2031-02-02T12:00:00"})
tell()
""",
    )
    past_its_end = schedules.fire_due(at("2031-02-03T04:00:30"))

    assert off == {"enabled": [], "disabled": ["switched"], "is_enabled": False}
    assert "switched-20310201T040000Z" not in while_off
    assert on == {"enabled": ["switched"], "disabled": [], "is_enabled": True}
    assert "switched-20310202T040000Z" in while_on
    assert "switched-20310203T040000Z" not in past_its_end


def test_what_was_due_while_nobody_served_is_not_made_up(tmp_path: Path) -> None:
    workspace = build_workspace(
        WorkspaceScope("s", "g", "w"), WorkspaceIdentity("secret"), tmp_path
    )

    def serve_at(moment: str) -> JobService:
        service = job_service(
            workspace, master="local[1]", environment={}, clock=lambda: at(moment)
        )
        with running(service):
            return service

    definition = {
        "jobType": "Command",
        "command": "true",
        "environmentId": "azureml:e:1",
        "computeId": "serverless",
    }
    trigger = {"triggerType": "Cron", "expression": "0 4 * * *"}
    serve_at("2031-01-01T00:00:00").schedules.put(
        "missed",
        {"trigger": trigger, "action": {"actionType": "CreateJob", "jobDefinition": definition}},
    )
    assert serve_at("2031-01-02T04:01:00").schedules.fire_due(at("2031-01-02T04:02:00")) == []
    asleep = serve_at("2031-01-02T00:00:00").schedules.fire_due(at("2031-01-02T09:00:00"))
    awake = serve_at("2031-01-03T03:59:59").schedules.fire_due(at("2031-01-03T04:00:00"))
    assert (asleep, awake) == ([], ["missed-20310103T040000Z"])


def test_a_schedule_is_fired_once_refused_when_wrong_kept_when_a_monitor_and_deleted(
    served: WorkspaceWithJobs,
) -> None:
    told = scheduling(
        served.env,
        """
put_schedule("once")
fired = ml.schedules.trigger("once", schedule_time="2026-11-21T05:00:00+01:00").job_name
wrong = refusal(put_schedule, "wrong", trigger={"type": "cron", "expression": "at night"})
broken = refusal(put_schedule, "broken", "echo ${{inputs.as_of}}", {
    "never": {"type": "mltable", "path": "azureml://registries/r/data/d/versions/1"}})
monitor = {"properties": {"trigger": {"triggerType": "Cron", "expression": "0 4 * * *"},
    "action": {"actionType": "CreateMonitor", "monitorDefinition": {
        "computeConfiguration": {"computeType": "ServerlessSpark", "runtimeVersion": "3.5",
            "computeIdentity": {"computeIdentityType": "AmlToken"}},
        "signals": {}}}}}
kept = put("schedules/drift", monitor)[0]
unknown = put("schedules/drift", {"properties": {**monitor["properties"], "colour": "red"}})
ml.schedules.begin_delete("once").result()
tell(fired=fired, status=ended(fired), wrong=wrong, kept=kept, broken=broken,
     unknown=[unknown[0], unknown[1]["error"]["message"]],
     gone=refusal(ml.schedules.get, "once"), left=jobs_of("once"),
     monitor=refusal(ml.schedules.trigger, "drift"))
""",
    )
    assert (told["fired"], told["status"]) == ("once-20261121T040000Z", "Completed")
    assert "expression 'at night' is no cron expression" in str(told["wrong"])
    assert "registries" in str(told["broken"])
    assert told["kept"] == 201
    assert told["unknown"][0] == 400  # type: ignore[index]  # a status and a message
    assert "unknown fields ['colour']" in str(told["unknown"])
    assert "schedule 'once' does not exist" in str(told["gone"])
    assert told["left"] == ["once-20261121T040000Z"]
    assert "no table of this lake is behind what is monitored ()" in str(told["monitor"])
