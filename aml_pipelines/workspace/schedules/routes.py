"""Routes of schedules: put, listed, switched, fired once and deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.workspace.http.arm import ArmError, Resource, Scope, answer, page
from aml_pipelines.workspace.http.names import asset_name
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.routes import job_properties, running
from aml_pipelines.workspace.jobs.vocabulary import mapping
from aml_pipelines.workspace.schedules.schedules import KIND
from aml_pipelines.workspace.store.documents import Documents

if TYPE_CHECKING:
    from aml_pipelines.workspace.background import JobService
    from aml_pipelines.workspace.store.documents import Document

_VIEWS = {"EnabledOnly": (True,), "DisabledOnly": (False,), "All": (True, False)}


def schedule_routes(scope: Scope, service: JobService | None) -> Blueprint:
    """Serve schedules; `service` fires them, and where there is none they can only be read."""
    routes = Blueprint("schedules", __name__)
    stored = Documents(scope.state, KIND)

    def resource(item: Document) -> Resource:
        return scope.resource(
            f"schedules/{item.name}",
            {"tags": {}, "properties": {}, **item.properties, "provisioningState": "Succeeded"},
            created_at=item.created_at,
            modified_at=item.modified_at,
        )

    @routes.get("/schedules")
    def list_schedules() -> Response:
        shown = _view()
        found = [item for item in stored.all() if item.properties.get("isEnabled") in shown]
        return page([resource(item) for item in found])

    @routes.get("/schedules/<name>")
    def get_schedule(name: str) -> Response:
        return answer(resource(stored.get(name)))

    @routes.put("/schedules/<name>")
    def put_schedule(name: str) -> Response:
        item, is_new = running(service).schedules.put(asset_name(name), _given())
        return answer(resource(item), is_new=is_new)

    @routes.delete("/schedules/<name>")
    def delete_schedule(name: str) -> Response:
        running(service)
        return Response(status=200 if stored.delete(name) else 204)

    @routes.post("/schedules/<name>/trigger")
    def trigger_schedule(name: str) -> Response:
        job = running(service).schedules.fire(name, _schedule_time())
        return jsonify(submissionId=job, scheduleActionType="CreateJob")

    return routes


def _given() -> dict[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ArmError(400, "ValidationError", "the body is not of the form {'properties': {…}}")
    properties = mapping(body.get("properties"))
    action = mapping(properties.get("action"))
    if action.get("actionType") == "InvokeBatchEndpoint":
        raise ArmError(501, "NotImplemented", "schedules that invoke endpoints are not served")
    if action.get("actionType") == "CreateJob":
        job_properties(mapping(action.get("jobDefinition")))
    check_body("Schedule", body)
    read_only = ("provisioningState",)
    return {name: value for name, value in properties.items() if name not in read_only}


def _view() -> tuple[bool, ...]:
    asked = request.args.get("listViewType", "EnabledOnly")
    if asked not in _VIEWS:
        raise ArmError(400, "BadArgument", f"listViewType is {asked!r}; it is of {list(_VIEWS)}")
    return _VIEWS[asked]


def _schedule_time() -> datetime:
    text = mapping(request.get_json(silent=True)).get("scheduleTime")
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise ArmError(400, "ValidationError", f"scheduleTime is {text!r}; it is a time") from None
