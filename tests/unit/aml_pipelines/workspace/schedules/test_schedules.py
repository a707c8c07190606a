"""Schedules submit the job that was given, with what is known only when it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.replay import SCOPE, Session

if TYPE_CHECKING:
    from pathlib import Path

COMPONENT = {"name": "say", "version": "1", "type": "command", "command": "echo ${{inputs.word}}"}
PORTS = {"inputs": {"word": {"type": "string"}}, "environment": {"image": "ubuntu"}}
NODE = {
    "name": "say",
    "type": "command",
    "componentId": f"{SCOPE.id}/components/say/versions/1",
    "inputs": {"word": {"job_input_type": "literal", "value": "${{parent.inputs.word}}"}},
}
JOB: dict[str, Any] = {
    "jobType": "Pipeline",
    "inputs": {"word": {"jobInputType": "literal", "value": "la"}},
    "jobs": {"say": NODE},
    "settings": {"force_rerun": True},
}
TRIGGER = {"triggerType": "Cron", "expression": "0 4 * * *", "timeZone": "UTC"}
DUE = {"scheduleTime": "2026-03-27T04:05:06+00:00"}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session(tmp_path)
    session.send(
        "PUT components/say/versions/1", {"properties": {"componentSpec": COMPONENT | PORTS}}
    )
    return session


def fired(session: Session, definition: dict[str, Any]) -> dict[str, Any]:
    action = {"actionType": "CreateJob", "jobDefinition": definition}
    body = {"properties": {"action": action, "trigger": TRIGGER}}
    put = session.send("PUT schedules/daily", body)
    assert put.status_code == 201, put.get_json()
    job = session.send("POST schedules/daily/trigger", DUE).get_json()["submissionId"]
    properties: dict[str, Any] = session.send(f"GET jobs/{job}", None).get_json()["properties"]
    return properties


def test_an_input_may_have_the_jobs_name_and_the_time_at_which_it_is_due(session: Session) -> None:
    text = "${{name}} at ${{creation_context.trigger_time}}"
    inputs = {"word": {"jobInputType": "literal", "value": text}}
    value = fired(session, {**JOB, "inputs": inputs})["inputs"]["word"]["value"]
    assert value == "daily-20260327T040506Z at 2026-03-27T04:05:06Z"


def test_a_job_of_another_job_keeps_its_settings_beside_those_that_the_client_adds(
    session: Session,
) -> None:
    session.send("PUT jobs/first", {"properties": JOB})
    definition = {
        "jobType": "Pipeline",
        "sourceJobId": f"{SCOPE.id}/jobs/first",
        "settings": {"_source": "REMOTE.WORKSPACE.JOB"},
    }
    settings = fired(session, definition)["settings"]
    assert settings == {"force_rerun": True, "_source": "REMOTE.WORKSPACE.JOB"}
