"""The fields that a job's body did not give, as the service answers them in recorded sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aml_pipelines.pipeline.job_outputs import artifact_folder
from aml_pipelines.pipeline.references import ARTIFACT_STORE
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.automl_unset import task_details

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject

DEFAULT = "default"  # the output that every job has: its artifacts
COMMAND, SWEEP, AUTOML, PIPELINE = "Command", "Sweep", "AutoML", "Pipeline"
_WITH_RESOURCES = (COMMAND, SWEEP, AUTOML)


class _Form(NamedTuple):
    """The fields, null if they were not given, that only some forms of the API have."""

    job: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


_PATH = "pathOnCompute"
_FIRST = _Form(
    job=("secretsConfiguration",),
    command=("autologgerSettings",),
    resources=("maxInstanceCount", "locations"),
    queue=("priority",),
    output=("assetVersion", "autoDeleteSetting"),
)
_SECOND = _FIRST._replace(data=(_PATH,), output=(*_FIRST.output, _PATH))
_THIRD = _Form(job=("parentJobName",), resources=("dockerArgsList",))
_EVERY = ("description", "computeId", "identity", "componentId", "notificationSetting")
_OF_KIND: Mapping[str, Mapping[str, object]] = {
    COMMAND: {
        **dict.fromkeys(("codeId", "distribution", "limits")),
        "environmentVariables": {},
        "parameters": {},
    },
    PIPELINE: dict.fromkeys(("settings", "jobs", "sourceJobId")),
    SWEEP: dict.fromkeys(("earlyTermination", "componentConfiguration")),
    AUTOML: {
        **dict.fromkeys(("environmentId", "environmentVariables")),
        "secretsConfiguration": {},
    },
}
_RESOURCES: Mapping[str, object] = {
    **dict.fromkeys(("instanceType", "properties", "dockerArgs")),
    "instanceCount": 1,
    "shmSize": "2g",
}
_RANDOM: Mapping[str, object] = {"seed": None, "logbase": None, "rule": "Random"}


def completed(name: str, job: JsonObject, api_version: str) -> dict[str, object]:
    """Return the properties `job` of the job `name` with every field that the API has."""
    fields, kind = with_fields(job, api_version), job.get("jobType")
    if kind in (COMMAND, SWEEP):
        artifacts = _artifacts(name, _form(api_version))
        fields["outputs"] = {DEFAULT: artifacts, **mapping_in(fields, "outputs")}
    return fields


def with_fields(job: JsonObject, api_version: str) -> dict[str, object]:
    """Return the properties `job` with every field of its kind; they are of no job yet."""
    kind, form = str(job.get("jobType")), _form(api_version)
    fields = {**dict.fromkeys((*_EVERY, *form.job)), **_OF_KIND.get(kind, {}), **job}
    inputs, outputs = (mapping_in(job, ports).items() for ports in ("inputs", "outputs"))
    fields["inputs"] = {port: _input(mapping(given), form) for port, given in inputs}
    fields["outputs"] = {port: _output(mapping(given), form) for port, given in outputs}
    if kind == COMMAND:
        fields = {**dict.fromkeys(form.command), **fields}
    if kind == SWEEP:
        fields |= _of_sweep(job, form)
    if kind == AUTOML:
        details = mapping_in(job, "taskDetails")
        fields["taskDetails"] = task_details(details, lambda port: _input(port, form))
        del fields["inputs"]  # its data is in the details
    if kind == PIPELINE:
        named = mapping_in(fields, "outputs").items()
        fields["outputs"] = {port: {"uri": None, **mapping(given)} for port, given in named}
    if kind in _WITH_RESOURCES:
        fields["resources"] = _resources(job, form)
        fields["queueSettings"] = _queue(job, form)
    return fields


def _queue(job: JsonObject, form: _Form) -> dict[str, object] | None:
    given = mapping_in(job, "queueSettings")
    # In its first form, a command has a tier only if it was given one.
    if form == _FIRST and job.get("jobType") == COMMAND and not given:
        return None
    return {"jobTier": "Null", **dict.fromkeys(form.queue), **given}


def _form(api_version: str) -> _Form:
    if api_version < "2024":
        return _FIRST
    return _SECOND if api_version < "2025" else _THIRD


def _of_sweep(job: JsonObject, form: _Form) -> dict[str, object]:
    sampling, objective = mapping_in(job, "samplingAlgorithm"), mapping_in(job, "objective")
    trial = mapping_in(job, "trial")
    is_random = sampling.get("samplingAlgorithmType") == "Random"
    return {
        "samplingAlgorithm": {**(_RANDOM if is_random else {}), **sampling},
        "limits": {"trialTimeout": None, **mapping_in(job, "limits")},
        "objective": {**objective, "goal": str(objective.get("goal")).capitalize()},
        "trial": {"distribution": None, **trial, "resources": _resources(trial, form)},
    }


def _resources(owner: JsonObject, form: _Form) -> dict[str, object]:
    return {**_RESOURCES, **dict.fromkeys(form.resources), **mapping_in(owner, "resources")}


def _input(port: JsonObject, form: _Form) -> dict[str, object]:
    if port.get("jobInputType") in (None, "literal"):
        return {"description": None, **port}
    return {"description": None, **dict.fromkeys(form.data), **_moded(port, "ReadOnlyMount")}


def _output(port: JsonObject, form: _Form) -> dict[str, object]:
    given = _moded(port, "ReadWriteMount") if "jobOutputType" in port else port
    return {**dict.fromkeys(("description", "assetName", *form.output)), **given}


def _moded(port: JsonObject, mode: str) -> dict[str, object]:
    return {**port, "mode": port.get("mode") or mode}


def _artifacts(name: str, form: _Form) -> dict[str, object]:
    uri = f"azureml://datastores/{ARTIFACT_STORE}/{artifact_folder(name)}"
    return _output({"uri": uri, "jobOutputType": "uri_folder"}, form)
