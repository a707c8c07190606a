"""Shapes schedules as the service answers them in recorded sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.unset import with_fields
from aml_pipelines.workspace.schedules.trigger_views import (
    begun_trigger,
    monitor_view,
    trigger_view,
)
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.arm import Resource
    from aml_pipelines.workspace.http.fields import JsonObject
    from aml_pipelines.workspace.store.documents import StoredDocument

# The first form of the fields of jobs: schedules are of an older API version.
_API_VERSION = "2023"
_CREATE_JOB, _CREATE_MONITOR = "CreateJob", "CreateMonitor"
# What the service adds to the properties of a monitor.
_MONITOR = {"azureml.telemetry.attribution": "modelmonitoring"}
_UNSET = {"displayName": None, "services": None, "experimentName": "Default", "isArchived": False}
_NOT_FILLED = ("tags", "properties", "inputs", "outputs")


def schedule_resource(schedule: StoredDocument) -> Resource:
    """Return a schedule as it is read: the service names it without an id and a type."""
    trigger = begun_trigger(mapping_in(schedule.properties, "trigger"), schedule.created_at)
    resource = here().scope.resource(
        f"schedules/{schedule.name}",
        {**_properties(schedule), "trigger": trigger, "provisioningState": "Succeeded"},
        created_at=schedule.created_at,
        modified_at=schedule.modified_at,
    )
    return {name: resource[name] for name in ("name", "properties", "systemData")}


def schedule_begun(schedule: StoredDocument) -> Resource:
    """Return a schedule as the answer to a PUT has it: to the service, a change is a new one."""
    return {"properties": {**_properties(schedule), "provisioningState": "Creating"}}


def _properties(schedule: StoredDocument) -> dict[str, object]:
    properties, action = schedule.properties, mapping_in(schedule.properties, "action")
    own = mapping_in(properties, "properties")
    if action.get("actionType") == _CREATE_JOB:
        # A schedule of an earlier version has only the job as it was frozen.
        given = mapping(schedule.content.get("jobDefinition") or action.get("jobDefinition"))
        action = {**action, "jobDefinition": _definition(given)}
    if action.get("actionType") == _CREATE_MONITOR:
        action |= {"monitorDefinition": monitor_view(mapping(action.get("monitorDefinition")))}
        own |= _MONITOR
    return {
        **dict.fromkeys(("description", "displayName")),
        "tags": {},
        **properties,
        "properties": own,
        "trigger": trigger_view(mapping_in(properties, "trigger")),
        "action": action,
    }


def _definition(given: JsonObject) -> dict[str, object]:
    shown = {**_UNSET, **with_fields(given, _API_VERSION), "status": "NotStarted"}
    if "parameters" in shown:
        shown["parameters"] = None  # those of a run: there is none yet
    # What another job has is read there: it is not filled in here.
    return shown | {name: None for name in _NOT_FILLED if name not in given}
