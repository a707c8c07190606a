"""Routes of jobs: submit, list, edit and cancel through ARM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from aml_pipelines.pipeline.assets import is_shown
from aml_pipelines.pipeline.references import AssetName, parse
from aml_pipelines.workspace.http.arm import ArmError, answer, page
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.http.filters import PROPERTIES, asked_properties, has_properties
from aml_pipelines.workspace.http.names import asset_name, view
from aml_pipelines.workspace.http.request_body import resource_body
from aml_pipelines.workspace.http.schema import check_body
from aml_pipelines.workspace.jobs.deletion import delete_job
from aml_pipelines.workspace.jobs.only_azure import refuse_only_azures
from aml_pipelines.workspace.jobs.status import find_child
from aml_pipelines.workspace.jobs.unset import COMMAND
from aml_pipelines.workspace.jobs.views import child_resource, job_resource, job_submitted
from aml_pipelines.workspace.jobs.vocabulary import SERVERLESS
from aml_pipelines.workspace.served import here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.jobs.store import SubmittedJob

_FILTERS = frozenset({"jobType", "tag", PROPERTIES, "scheduled", "scheduleId"})
# Since this form of the API, the output of a command has no field for its version.
_WITHOUT_VERSIONS, _VERSION = "2025", "assetVersion"
routes = Blueprint("jobs", __name__)


@routes.get("/jobs")
def list_jobs() -> Response:
    shown, asked = view(), asked_properties()
    jobs = [job for job in here().jobs.all() if is_shown(shown, is_archived=job.is_archived)]
    return page([job_resource(job) for job in jobs if _passes_filters(job, asked)], also=_FILTERS)


@routes.get("/jobs/<name>")
def get_job(name: str) -> Response:
    jobs = here().jobs
    if not jobs.find(name) and find_child(jobs, name, here().folder.root):
        return answer(child_resource(name))
    return answer(job_resource(jobs.job(name)))


@routes.put("/jobs/<name>")
def put_job(name: str) -> Response:
    submissions, properties = here().running().submissions, _body_properties()
    _check_compute(name, properties)
    _refuse_versions(name, properties)
    job, is_new = submissions.submit(asset_name(name), properties)
    return answer(job_submitted(job), is_new=is_new)


@routes.delete("/jobs/<name>")
def delete(name: str) -> Response:
    delete_job(here(), name)
    return here().operations.begin(Response(status=202))


@routes.post("/jobs/<name>/cancel")
def cancel_job(name: str) -> Response:
    jobs = here().jobs
    jobs.job(name)
    here().running().queue.cancel(name)
    return here().operations.follow(lambda: jobs.job(name).is_final)


def job_properties(properties: Mapping[str, object]) -> dict[str, object]:
    """Check a job's `properties` against the API, and refuse (501) what is not run here."""
    check_body("JobBaseProperties", properties)
    refuse_only_azures(properties)
    return {name: value for name, value in properties.items() if value is not None}


def _body_properties() -> dict[str, object]:
    body, properties = resource_body()
    checked = job_properties(properties)
    check_body("JobBase", {**body, "properties": None})
    return checked


def _check_compute(name: str, properties: Mapping[str, object]) -> None:
    compute = parse(str(properties.get("computeId") or ""))
    if not isinstance(compute, AssetName) or compute.kind != "computes":
        return
    if compute.name != SERVERLESS and not here().computes.find(compute.name):
        names = sorted(item.name for item in here().computes.all())
        raise ArmError(
            400, "UserError", f"job {name!r}: compute {compute.name!r} is not here; {names} are"
        )


def _refuse_versions(name: str, properties: Mapping[str, object]) -> None:
    """Refuse, as Azure does, a command whose outputs name their versions in the API's new form."""
    api_version = request.args.get("api-version", "")
    if properties.get("jobType") != COMMAND or api_version < _WITHOUT_VERSIONS:
        return
    outputs = mapping(properties.get("outputs")).items()
    versioned = [output for output, port in outputs if mapping(port).get(_VERSION)]
    if versioned:
        raise ArmError(
            400,
            "RequestInvalid",
            f"job {name!r}: Azure lets no output of a command name its version, as {versioned} do; "
            "leave the version out, or submit the command as a node of a pipeline",
            parts=[f"{output!r} has {_VERSION!r}" for output in versioned],
        )


def _passes_filters(job: SubmittedJob, asked: Mapping[str, str]) -> bool:
    kind, tag = request.args.get("jobType"), request.args.get("tag")
    schedule, scheduled = request.args.get("scheduleId"), request.args.get("scheduled")
    key, _, value = (tag or "").partition("=")
    own = mapping(job.properties.get(PROPERTIES))
    is_scheduled = "true" if job.schedule else "false"
    return (
        kind in (None, job.kind)
        and (not tag or (key in job.tags and value in ("", job.tags[key])))
        and schedule in (None, "", job.schedule)
        and has_properties(own, asked)
        and (scheduled or is_scheduled).lower() == is_scheduled
    )
