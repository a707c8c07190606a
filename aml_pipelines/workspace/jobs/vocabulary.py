"""The words of a job's REST body, as a pipeline file has them: assets, modes, identities, times."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from isodate import ISO8601Error, parse_duration  # type: ignore[import-untyped]  # no type hints

from aml_pipelines.workspace.assets.references import asset_of

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


def short_reference(reference: str) -> str:
    """Shorten the id of an asset to azureml:NAME:VERSION; whatever else stays as it is."""
    name, version, label = asset_of(reference) or ("", "", "")
    if version:
        return f"azureml:{name}:{version}"
    return f"azureml:{name}@{label}" if label else reference


def compute_name(compute: str) -> str:
    """Shorten the id of a compute as a pipeline file names it."""
    name = compute.rpartition("/")[2].removeprefix("azureml:")
    return name if name == "serverless" else f"azureml:{name}"


def named(fields: JsonObject, camel: str) -> object:
    """Take a field that pipelines spell as `camelCase` and their nodes as `snake_case`."""
    snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", camel)
    return fields.get(camel, fields.get(snake))


def input_setting(given: JsonObject) -> object:
    """Give the setting of an input: a literal, a binding, or data at a path."""
    kind, mode = named(given, "jobInputType"), _mode(given)
    if kind == "literal":
        return {"path": given.get("value"), **mode} if mode else given.get("value")
    return {"type": kind, "path": short_reference(str(given.get("uri", ""))), **mode}


def output_setting(given: JsonObject) -> object:
    """Give the setting of an output: a binding, or where it goes and how."""
    mode = _mode(given)
    if "value" in given:
        return {"path": given["value"], **mode} if mode else given["value"]
    said = {
        "type": named(given, "jobOutputType"),
        "path": given.get("uri"),
        "name": named(given, "assetName"),
        "version": named(given, "assetVersion"),
    }
    return {**{name: value for name, value in said.items() if value is not None}, **mode}


def identity_setting(given: JsonObject) -> dict[str, object]:
    """Give an identity as a pipeline file states it."""
    kind = str(named(given, "identityType"))
    ids = {name: named(given, camel) for name, camel in _IDENTITY_IDS.items()}
    return {
        "type": _IDENTITIES.get(kind, kind),
        **{name: value for name, value in ids.items() if value is not None},
    }


_IDENTITY_IDS = {
    "client_id": "clientId",
    "object_id": "objectId",
    "msi_resource_id": "resourceId",
}


def seconds_of(duration: object) -> object:
    """Return the seconds of an ISO 8601 duration; anything else is returned as it is."""
    try:
        length = parse_duration(str(duration))
    except ISO8601Error:
        return duration
    # Years and months have no fixed length: isodate returns a Duration for them, not a timedelta.
    return length.total_seconds() if isinstance(length, timedelta) else duration


def _mode(given: JsonObject) -> dict[str, object]:
    mode = given.get("mode")
    return {} if mode is None else {"mode": _MODES.get(str(mode), mode)}
