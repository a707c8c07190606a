"""Translates what an AutoML job's REST body asks for to the fields of its YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.automl import DATA, LIMITS
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.jobs.vocabulary import input_setting, seconds_of, snake_case

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

_BLOCKS = {
    "limitSettings": "limits",
    "featurizationSettings": "featurization",
    "trainingSettings": "training",
    "forecastingSettings": "forecasting",
}
_TIMES = ("timeout", "trial_timeout")
# Column names, which are no fields.
_FREE = ("columnNameAndTypes", "transformerParams")
# The client sends these also for tables, where they mean nothing.
_OF_IMAGES = ("sweepConcurrentTrials", "sweepTrials")


def automl_fields(job: JsonObject) -> dict[str, object]:
    """Return the fields of an AutoML job, or of a node of a pipeline that is one."""
    details = mapping(job.get("taskDetails"))
    if not details:
        return {name: _data(job[name]) for name in DATA if job.get(name)}
    fields: dict[str, object] = {}
    # What was not given, an answer has as null.
    given = {name: value for name, value in details.items() if value is not None}
    for name, value in given.items():
        if name in _BLOCKS:
            fields[_BLOCKS[name]] = _block(mapping(value))
        elif snake_case(name) in DATA:
            fields[snake_case(name)] = input_setting(mapping(value))
        else:
            fields[snake_case(name)] = _plain(value)
    task = str(fields.pop("task_type", ""))
    return {**fields, "task": task.lower()}


def _block(block: JsonObject) -> dict[str, object]:
    named = {
        snake_case(name): value if name in _FREE else _plain(value)
        for name, value in block.items()
        if value is not None and name not in _OF_IMAGES
    }
    return _minutes(named)


def _minutes(named: dict[str, object]) -> dict[str, object]:
    for name in _TIMES:
        if name in named and f"{name}_minutes" in LIMITS:
            seconds = seconds_of(named.pop(name))
            named[f"{name}_minutes"] = max(1, round(float(str(seconds)) / 60))
    return named


def _data(value: object) -> object:
    return input_setting(mapping(value)) if isinstance(value, dict) else value


def _plain(value: object) -> object:
    """Return a value without the mode around it: {mode: Custom, value: 3} is 3."""
    if isinstance(value, dict) and "mode" in value:
        return value.get("value", str(value["mode"]).lower())
    return value
