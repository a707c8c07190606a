"""Routes of schedules: put, list, enable, fire once and delete."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError, answer, page
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.request_body import json_body, parsed_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.routes import job_properties
from aml_pipelines.workspace.schedules.views import schedule_begun, schedule_resource
from aml_pipelines.workspace.served import here

_VIEWS = {"EnabledOnly": (True,), "DisabledOnly": (False,), "All": (True, False)}
routes = Blueprint("schedules", __name__)


@routes.get("/schedules")
def list_schedules() -> Response:
    shown = _shown_states()
    schedules = here().stored_schedules.all()
    listed = [item for item in schedules if item.properties.get("isEnabled") in shown]
    return page([schedule_resource(item) for item in listed])


@routes.get("/schedules/<name>")
def get_schedule(name: str) -> Response:
    return answer(schedule_resource(here().stored_schedules.get(name)))


@routes.put("/schedules/<name>")
def put_schedule(name: str) -> Response:
    item, _ = here().running().schedules.put(asset_name(name), _body_properties())
    return here().operations.begin(answer(schedule_begun(item), is_new=True))


@routes.delete("/schedules/<name>")
def delete_schedule(name: str) -> Response:
    here().running()
    existed = here().stored_schedules.delete(name)
    return here().operations.begin(Response(status=202)) if existed else Response(status=204)


@routes.post("/schedules/<name>/trigger")
def trigger_schedule(name: str) -> Response:
    job = here().running().schedules.fire(name, _schedule_time())
    return jsonify(submissionId=job, scheduleActionType="CreateJob")


def _body_properties() -> dict[str, object]:
    body = json_body()
    properties = mapping(body.get("properties"))
    action = mapping(properties.get("action"))
    if action.get("actionType") == "InvokeBatchEndpoint":
        raise ArmError(501, "NotImplemented", "schedules that invoke endpoints are not served")
    if action.get("actionType") == "CreateJob":
        job_properties(mapping(action.get("jobDefinition")))
    check_body("Schedule", body)
    read_only = ("provisioningState",)
    return {name: value for name, value in properties.items() if name not in read_only}


def _shown_states() -> tuple[bool, ...]:
    chosen = request.args.get("listViewType", "EnabledOnly")
    if chosen not in _VIEWS:
        raise ArmError(400, "BadArgument", f"listViewType is {chosen!r}; it is of {list(_VIEWS)}")
    return _VIEWS[chosen]


def _schedule_time() -> datetime:
    text = mapping(parsed_body()).get("scheduleTime")
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise ArmError(400, "ValidationError", f"scheduleTime is {text!r}; it is a time") from None
