"""Routes of jobs: submitted, listed, edited and cancelled through ARM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import is_shown
from aml_pipelines.workspace.http.arm import ArmError, Scope, answer, page
from aml_pipelines.workspace.http.names import asset_name, view
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.views import child_resource, job_resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.background import JobService
    from aml_pipelines.workspace.jobs.store import Job, Jobs

RUN_HERE = ("Pipeline", "Command", "Spark")
NOT_RUN_HERE = (
    "jobs are run by a workspace that is served by itself: python -m aml_pipelines workspace"
)
_FILTERS = frozenset({"jobType", "tag", "properties", "scheduled", "scheduleId"})
_POLL_SECONDS = "1"


def job_routes(scope: Scope, jobs: Jobs, service: JobService | None) -> Blueprint:
    """Serve `jobs`; `service` runs them, and where there is none they can only be read."""
    routes = Blueprint("jobs", __name__)

    @routes.get("/jobs")
    def list_jobs() -> Response:
        shown = view()
        found = [job for job in jobs.all() if is_shown(shown, is_archived=job.is_archived)]
        return page([job_resource(job, scope) for job in found if _is_asked(job)], also=_FILTERS)

    @routes.get("/jobs/<name>")
    def get_job(name: str) -> Response:
        if not jobs.find(name) and jobs.parent_of(name):
            return answer(child_resource(name, scope))
        return answer(job_resource(jobs.job(name), scope))

    @routes.put("/jobs/<name>")
    def put_job(name: str) -> Response:
        job, is_new = running(service).submissions.submit(asset_name(name), _given())
        return answer(job_resource(job, scope), is_new=is_new)

    @routes.post("/jobs/<name>/cancel")
    def cancel_job(name: str) -> Response:
        jobs.job(name)
        running(service).runner.cancel(name)
        return _cancelling(scope, jobs.job(name))

    @routes.get("/jobs/<name>/cancel")
    def poll_cancel(name: str) -> Response:
        return _cancelling(scope, jobs.job(name))

    return routes


def running(service: JobService | None) -> JobService:
    """Give what runs jobs, or refuse the request where nothing does."""
    if service is None:
        raise ArmError(501, "NotImplemented", NOT_RUN_HERE)
    return service


def job_properties(properties: Mapping[str, object]) -> dict[str, object]:
    """Check a job's `properties` against the API; refuses types that are not run here."""
    kind = properties.get("jobType")
    if kind in ("Sweep", "AutoML"):
        raise ArmError(
            501,
            "NotImplemented",
            f"jobs of type {kind!r} are not run by the local workspace; {list(RUN_HERE)} are",
        )
    check_body("JobBaseProperties", properties)
    return {name: value for name, value in properties.items() if value is not None}


def _given() -> dict[str, object]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise ArmError(400, "ValidationError", "the body is not of the form {'properties': {…}}")
    properties = job_properties(body["properties"])
    check_body("JobBase", {**body, "properties": None})
    return properties


def _is_asked(job: Job) -> bool:
    kind, tag = request.args.get("jobType"), request.args.get("tag")
    schedule, scheduled = request.args.get("scheduleId"), request.args.get("scheduled")
    key, _, value = (tag or "").partition("=")
    is_scheduled = "true" if job.schedule else "false"
    return (
        kind in (None, job.kind)
        and (not tag or (key in job.tags and value in ("", job.tags[key])))
        and schedule in (None, "", job.schedule)
        and (scheduled or is_scheduled).lower() == is_scheduled
    )


def _cancelling(scope: Scope, job: Job) -> Response:
    if job.is_final:
        return Response(status=200)
    waiting = Response(status=202)
    waiting.headers["Location"] = (
        f"https://{request.host}{scope.id}/jobs/{job.name}/cancel?{request.query_string.decode()}"
    )
    waiting.headers["Retry-After"] = _POLL_SECONDS
    return waiting
