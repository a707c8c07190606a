"""Reads the request's body, checked against the API's description."""

from __future__ import annotations

from flask import request

from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.schema import check_body, read_only_fields


def parsed_body() -> object:
    """Return what the request's JSON says; None for none, 400 for one that is nested too deeply."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        raise _refusal("the body is nested too deeply") from None


def json_body() -> dict[str, object]:
    """Read the request's body; refuses (400) one that is not a JSON object."""
    body = parsed_body()
    if not isinstance(body, dict):
        raise _refusal("the body is not a JSON object")
    return body


def resource_body() -> tuple[dict[str, object], dict[str, object]]:
    """Read the request's body and its properties; refuses (400) a body without any."""
    body = parsed_body()
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise _refusal("the body is not of the form {'properties': {…}}")
    return body, body["properties"]


def body_properties(model: str, *, required: tuple[str, ...] = ()) -> dict[str, object]:
    """Read the properties that the request gives a resource of the API's `model`.

    Leaves out nulls, empty lists, and the fields that only the service writes, which a client may
    send back. Refuses (400) a body that does not fit, or lacks a field of `required`.
    """
    body, properties = resource_body()
    check_body(model, body)
    read_only = read_only_fields(model)
    # The client sends what it has read: with nulls, empty lists and the service's own fields.
    kept = {
        name: value
        for name, value in properties.items()
        if value is not None and value != [] and name not in read_only
    }
    missing = [name for name in required if not kept.get(name)]
    if missing:
        raise _refusal(f"'properties' has no {missing}; it must")
    return kept


def _refusal(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
