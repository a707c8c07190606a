"""Translates fields of a job's REST body to those of a pipeline file: assets, modes, identities."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from isodate import ISO8601Error, parse_duration  # type: ignore[import-untyped]  # no type hints

from aml_pipelines.pipeline.references import AssetName, asset_name, parse
from aml_pipelines.workspace.http.fields import mapping

if TYPE_CHECKING:
    from aml_pipelines.workspace.http.fields import JsonObject

_MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Upload": "upload",
    "Direct": "direct",
    "EvalMount": "eval_mount",
    "EvalDownload": "eval_download",
}
_IDENTITIES = {"UserIdentity": "user_identity", "Managed": "managed", "AMLToken": "aml_token"}
# Components that the client names for nodes that state all of themselves.
_BUILT_IN = re.compile(
    r"azureml://registries/azureml/components/(import|export)_data_\w+/versions/[^/]+"
)


def is_built_in(component: str) -> bool:
    """Return whether a component is one of Azure's own, whose node says what it is to do."""
    return bool(_BUILT_IN.fullmatch(component))


def short_reference(reference: str) -> str:
    """Return azureml:NAME:VERSION for the id of an asset; anything else is returned as it is."""
    asset = asset_name(reference)
    return str(asset) if asset and asset.is_pinned else reference


SERVERLESS = "serverless"  # the compute of jobs that name none


def compute_name(compute: str) -> str:
    """Return the name that a pipeline file gives the compute with the id `compute`."""
    reference = parse(compute)
    name = reference.name if isinstance(reference, AssetName) else compute.rpartition("/")[2]
    return name if name == SERVERLESS else str(AssetName(name))


def named(fields: JsonObject, camel: str) -> object:
    """Return a field that pipelines spell in camelCase and their nodes in snake_case."""
    return fields.get(camel, fields.get(snake_case(camel)))


def snake_case(camel: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", camel)


def input_setting(fields: JsonObject) -> object:
    """Return the setting of an input: a literal, a binding, or data at a path."""
    kind, mode = named(fields, "jobInputType"), _mode(fields)
    if kind == "literal":
        return {"path": fields.get("value"), **mode} if mode else fields.get("value")
    return {"type": kind, "path": short_reference(str(fields.get("uri", ""))), **mode}


def output_setting(fields: JsonObject) -> object:
    """Return the setting of an output: a binding, or a path and a mode."""
    more = {
        # Nodes spell it as the file does, jobs as the API does.
        "name": fields.get("name", named(fields, "assetName")),
        "version": fields.get("version", named(fields, "assetVersion")),
        **_mode(fields),
    }
    more = {name: value for name, value in more.items() if value is not None}
    if "value" in fields:
        return {"path": fields["value"], **more} if more else fields["value"]
    setting = {"type": named(fields, "jobOutputType"), "path": fields.get("uri")}
    return {**{name: value for name, value in setting.items() if value is not None}, **more}


def identity_setting(fields: JsonObject) -> dict[str, object]:
    """Return an identity as a pipeline file has it."""
    kind = str(named(fields, "identityType"))
    ids = {name: named(fields, camel) for name, camel in _IDENTITY_IDS.items()}
    return {
        "type": _IDENTITIES.get(kind, kind),
        **{name: value for name, value in ids.items() if value is not None},
    }


_IDENTITY_IDS = {
    "client_id": "clientId",
    "object_id": "objectId",
    "msi_resource_id": "resourceId",
}


def distribution_fields(owner: JsonObject) -> dict[str, object]:
    """Return the distribution of a job, a node or a component, each of which spells it its way."""
    stated = mapping(owner.get("distribution")).items()
    fields = {snake_case(name): value for name, value in stated if value is not None}
    kind = fields.pop("distribution_type", None)
    return {**fields, "type": kind} if kind else fields


def limits_of(owner: JsonObject) -> dict[str, object]:
    """Return the limits of a job or node, with durations in seconds."""
    limits = {snake_case(name): value for name, value in mapping(owner.get("limits")).items()}
    return {
        name: seconds_of(value) if name.endswith("timeout") else value
        for name, value in limits.items()
        if value is not None and name != "job_limits_type"
    }


def asked_services(job: JsonObject) -> dict[str, object]:
    """Return the services that a job asks for, without those that every job is answered with."""
    asked = mapping(job.get("services")).items()
    return {name: value for name, value in asked if name not in ("Tracking", "Studio")}


def seconds_of(duration: object) -> object:
    """Return the seconds of an ISO 8601 duration; anything else is returned as it is."""
    try:
        length = parse_duration(str(duration))
    except ISO8601Error:
        return duration
    # Years and months have no fixed length: isodate returns a Duration for them, not a timedelta.
    return length.total_seconds() if isinstance(length, timedelta) else duration


def _mode(fields: JsonObject) -> dict[str, object]:
    mode = fields.get("mode")
    return {} if mode is None else {"mode": _MODES.get(str(mode), mode)}
