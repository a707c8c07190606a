"""What Azure takes for a schedule and does not do is refused before it is created."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.azure.schedules import schedule_names
from aml_pipelines.pipeline.triggers import trigger_problems
from aml_pipelines.verbs.schedule import render_schedule
from conf.errors import UserError
from conf.target import REPOSITORY, Identity
from conf.target_file import load_target

if TYPE_CHECKING:
    from pathlib import Path

DEV = load_target("dev")


def written(folder: Path, trigger: str, pipeline: str = "data") -> str:
    file = folder / "s.yml"
    job = REPOSITORY / "aml_pipelines" / f"{pipeline}.yml"
    file.write_text(
        f"name: s\ntrigger: {trigger}\ncreate_job: {{type: pipeline, job: {job}, inputs: {{}}}}\n"
    )
    return str(file)


@pytest.mark.parametrize("name", schedule_names())
def test_a_schedule_of_this_project_runs_as_of_its_trigger(name: str) -> None:
    scheduled = render_schedule(name, DEV, {})
    assert scheduled.job.document["inputs"]["as_of"] == "${{creation_context.trigger_time}}"
    assert scheduled.job.document["inputs"]["lake"] == DEV.lake


def test_as_of_is_bound_though_the_schedule_does_not_say_so(tmp_path: Path) -> None:
    file = written(tmp_path, "{type: recurrence, frequency: day, interval: 1}")
    inputs = render_schedule(file, DEV, {}).job.document["inputs"]
    assert inputs["as_of"] == "${{creation_context.trigger_time}}"


@pytest.mark.parametrize(
    ("expression", "recurrence"),
    [
        (
            "30 5 1 * *",
            (
                "{type: recurrence, frequency: month, interval: 1, "
                "schedule: {hours: 5, minutes: 30, month_days: 1}}"
            ),
        ),
        ("0 0 * 6 *", "schedule: {hours: 0, minutes: 0, month_days: [1, 15]}}"),
    ],
)
def test_a_day_or_month_in_cron_is_refused_with_the_recurrence_to_use(
    tmp_path: Path, expression: str, recurrence: str
) -> None:
    file = written(tmp_path, f"{{type: cron, expression: '{expression}'}}")
    with pytest.raises(UserError) as told:
        render_schedule(file, DEV, {})
    assert "Azure ML ignores the day and the month" in str(told.value)
    assert recurrence in str(told.value)


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        ({"type": "cron", "expression": "every day"}, "is no cron expression"),
        ({"type": "cron", "expression": "99 * * * *"}, "is no cron expression"),
        ({"type": "recurrence", "frequency": "year", "interval": 1}, "'year' is none of minute"),
        ({"type": "recurrence", "frequency": "day", "interval": 0}, "no whole number above 0"),
        ({"type": "event"}, "neither recurrence nor cron"),
    ],
)
def test_a_trigger_that_cannot_be_is_refused(
    tmp_path: Path, trigger: dict[str, object], told: str
) -> None:
    (problem,) = trigger_problems(trigger, tmp_path)
    assert told in problem


def test_weekdays_and_times_of_cron_are_fine(tmp_path: Path) -> None:
    trigger = {"type": "cron", "expression": "0,30 8-18 * * 1-5"}
    assert trigger_problems(trigger, tmp_path) == []


def test_a_latest_that_would_be_frozen_is_refused_until_a_version_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, "{type: recurrence, frequency: day, interval: 1}", "training")
    with pytest.raises(UserError) as told:
        render_schedule(file, DEV, {"train": "azureml:flights_train:3"})
    assert len(told.value.problems) == 2
    assert "--set inputs.test=azureml:flights_test:1" in str(told.value)
    versions = {name: f"azureml:flights_{name}:3" for name in ("train", "validation", "test")}
    assert render_schedule(file, DEV, versions).job.document["inputs"]["test"] == {
        "type": "mltable",
        "path": "azureml:flights_test:3",
    }


def test_a_schedule_cannot_run_as_the_user_who_made_it(tmp_path: Path) -> None:
    file = written(tmp_path, "{type: recurrence, frequency: day, interval: 1}")
    with pytest.raises(UserError, match="nobody is signed in when a schedule fires"):
        render_schedule(file, replace(DEV, identity=Identity("user_identity")), {})


def test_inputs_that_the_job_has_not_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.yml"
    job = REPOSITORY / "aml_pipelines" / "data.yml"
    file.write_text(
        "name: s\ntrigger: {type: recurrence, frequency: day, interval: 1}\n"
        f"create_job: {{type: pipeline, job: {job}, inputs: {{day: 1}}}}\n"
    )
    with pytest.raises(UserError, match=r"gives inputs \['day'\], which the job has not"):
        render_schedule(str(file), DEV, {})
