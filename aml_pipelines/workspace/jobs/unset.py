"""The fields that a job's body did not give, as the service answers them in recorded sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.job_outputs import artifact_folder
from aml_pipelines.pipeline.references import ARTIFACT_STORE
from aml_pipelines.workspace.http.fields import mapping, mapping_in
from aml_pipelines.workspace.jobs.store import MAY_CHANGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.http.fields import JsonObject

DEFAULT = "default"  # the output that every job has: its artifacts
READ_ONLY = ("services", "status")
_COMMAND = "Command"
# The first API version that has the second form of these fields.
_NEWER = "2025"
_EVERY: Mapping[str, object] = dict.fromkeys(
    ("description", "computeId", "identity", "componentId", "notificationSetting")
)
_OF_KIND: Mapping[str, Mapping[str, object]] = {
    _COMMAND: {
        **dict.fromkeys(("codeId", "distribution", "limits")),
        "environmentVariables": {},
        "parameters": {},
    },
    "Pipeline": dict.fromkeys(("settings", "jobs", "sourceJobId")),
}
_RESOURCES: Mapping[str, object] = {
    **dict.fromkeys(("instanceType", "properties", "dockerArgs")),
    "instanceCount": 1,
    "shmSize": "2g",
}
_OUTPUT: Mapping[str, object] = dict.fromkeys(("description", "assetName"))


def differing(name: str, stored: JsonObject, submitted: JsonObject) -> list[str]:
    """Return the fields in which two bodies of the job `name` differ, and may not.

    Clients send back what they were answered, to change a tag: what was not given is no difference.
    """
    before, after = (_without_nulls(completed(name, body, "")) for body in (stored, submitted))
    after["outputs"] = _where_they_were_put(after, mapping_in(before, "outputs"))
    fields = {*before, *after} - {*MAY_CHANGE, *READ_ONLY}
    return sorted(field for field in fields if before.get(field) != after.get(field))


def _where_they_were_put(after: JsonObject, before: JsonObject) -> dict[str, object]:
    """Return the outputs without the URIs at which a job has made those that were given none."""
    return {
        port: given
        if "uri" in mapping(before.get(port))
        else {key: value for key, value in mapping(given).items() if key != "uri"}
        for port, given in mapping_in(after, "outputs").items()
    }


def _without_nulls(value: object) -> dict[str, object]:
    return {
        name: _without_nulls(item) if isinstance(item, dict) else item
        for name, item in mapping(value).items()
        if item is not None
    }


def completed(name: str, job: JsonObject, api_version: str) -> dict[str, object]:
    """Return the properties `job` of the job `name` with every field that the API has."""
    kind, is_newer = str(job.get("jobType")), api_version >= _NEWER
    fields: dict[str, object] = {**_EVERY, **_OF_KIND.get(kind, {}), **job}
    fields |= _missing(("parentJobName",) if is_newer else ("secretsConfiguration",), job)
    inputs, outputs = (mapping_in(job, ports).items() for ports in ("inputs", "outputs"))
    fields["inputs"] = {port: _input(mapping(given), is_newer) for port, given in inputs}
    fields["outputs"] = {port: _output(mapping(given), is_newer) for port, given in outputs}
    if kind == _COMMAND:
        fields |= _of_command(job, is_newer)
        fields["outputs"] = {DEFAULT: _artifacts(name, is_newer), **mapping_in(fields, "outputs")}
    return fields


def _of_command(job: JsonObject, is_newer: bool) -> dict[str, object]:  # noqa: FBT001 # the form
    newer, older = ("dockerArgsList",), ("maxInstanceCount", "locations")
    resources = {**_RESOURCES, **dict.fromkeys(newer if is_newer else older)}
    queue: dict[str, object] = {"jobTier": "Null", **({} if is_newer else {"priority": None})}
    return {
        "resources": {**resources, **mapping_in(job, "resources")},
        "queueSettings": {**queue, **mapping_in(job, "queueSettings")},
        **({} if is_newer else _missing(("autologgerSettings",), job)),
    }


def _input(port: JsonObject, is_newer: bool) -> dict[str, object]:  # noqa: FBT001 # the form
    is_data = port.get("jobInputType") not in (None, "literal")
    older = {"pathOnCompute": None} if is_data and not is_newer else {}
    return {"description": None, **older, **_moded(port, "ReadOnlyMount", is_data=is_data)}


def _output(port: JsonObject, is_newer: bool) -> dict[str, object]:  # noqa: FBT001 # the form
    older = ("assetVersion", "pathOnCompute", "autoDeleteSetting")
    given = _moded(port, "ReadWriteMount", is_data="jobOutputType" in port)
    return {**_OUTPUT, **({} if is_newer else dict.fromkeys(older)), **given}


def _moded(port: JsonObject, mode: str, *, is_data: bool) -> dict[str, object]:
    return {**port, "mode": mode} if is_data and not port.get("mode") else dict(port)


def _artifacts(name: str, is_newer: bool) -> dict[str, object]:  # noqa: FBT001 # the form
    uri = f"azureml://datastores/{ARTIFACT_STORE}/{artifact_folder(name)}"
    return _output({"uri": uri, "jobOutputType": "uri_folder"}, is_newer)


def _missing(names: tuple[str, ...], job: JsonObject) -> dict[str, object]:
    return {name: None for name in names if name not in job}
