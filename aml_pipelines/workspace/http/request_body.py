"""Which fields Azure's API takes in a request body (API version 2023-04-01); others are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import request

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "flag", "texts", "mapping", "flavors", "object", "scalars", "read-only"]

_ENVELOPE = {"id", "name", "type", "systemData", "properties"}
_RESOURCE: Mapping[str, Kind] = {"description": "text", "tags": "mapping", "properties": "mapping"}
_UNSTAGED: Mapping[str, Kind] = {**_RESOURCE, "isAnonymous": "flag", "isArchived": "flag"}
_VERSION: Mapping[str, Kind] = {**_UNSTAGED, "stage": "text"}
_CONTAINER: Mapping[str, Kind] = {
    **_RESOURCE,
    "isArchived": "flag",
    "latestVersion": "read-only",
    "nextVersion": "read-only",
    "provisioningState": "read-only",
}
DATA_CONTAINER: Mapping[str, Kind] = {**_CONTAINER, "dataType": "text"}
DATA_VERSION: Mapping[str, Kind] = {
    **_VERSION,
    "dataType": "text",
    "dataUri": "text",
    "referencedUris": "texts",
}
MODEL_CONTAINER: Mapping[str, Kind] = _CONTAINER
MODEL_VERSION: Mapping[str, Kind] = {
    **_VERSION,
    "modelType": "text",
    "modelUri": "text",
    "jobName": "text",
    "flavors": "flavors",
    "provisioningState": "read-only",
}
CONTAINER = _CONTAINER
ENVIRONMENT: Mapping[str, Kind] = {
    **_VERSION,
    "autoRebuild": "text",
    "build": "object",
    "condaFile": "text",
    "environmentType": "read-only",
    "image": "text",
    "inferenceConfig": "object",
    "osType": "text",
    "provisioningState": "read-only",
}
COMPONENT: Mapping[str, Kind] = {
    **_UNSTAGED,
    "componentSpec": "object",
    "provisioningState": "read-only",
}
CODE: Mapping[str, Kind] = {
    **_UNSTAGED,
    "properties": "scalars",  # the client sends its hash_version as a number, and Azure takes it
    "codeUri": "text",
    "provisioningState": "read-only",
}


class Body:
    """The `properties` of a request's body, checked against the fields that it may have."""

    def __init__(self, fields: Mapping[str, Kind], *, required: tuple[str, ...] = ()) -> None:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
            raise _refusal("the body is not of the form {'properties': {…}}")
        _refuse_unknown(body, _ENVELOPE, "the body")
        given: dict[str, object] = body["properties"]
        _refuse_unknown(given, set(fields), "'properties'")
        self._fields = fields
        self._values = {name: value for name, value in given.items() if value is not None}
        for name, value in self._values.items():
            _check(name, value, fields[name])
        missing = [name for name in required if not self._values.get(name)]
        if missing:
            raise _refusal(f"'properties' has no {missing}; it must")

    def given(self) -> dict[str, object]:
        """Give all fields but those that only the service writes."""
        return {n: v for n, v in self._values.items() if self._fields[n] != "read-only"}

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        return bool(self._values.get(name, False))

    def mapping(self, name: str) -> dict[str, str]:
        value = self._values.get(name, {})
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name, [])
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def flavors(self) -> dict[str, dict[str, str]]:
        value = self._values.get("flavors", {})
        flavors = value.items() if isinstance(value, dict) else []
        return {str(name): flavor["data"] for name, flavor in flavors}


def json_body() -> dict[str, object]:
    """Read the request's body, which must be a JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise _refusal("the body is not a JSON object")
    return body


def _refuse_unknown(given: Mapping[str, object], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise _refusal(f"{where} has unknown fields {unknown}; it may have {sorted(known)}")


def _check(name: str, value: object, kind: Kind) -> None:
    is_right = {
        "text": isinstance(value, str),
        "flag": isinstance(value, bool),
        "texts": isinstance(value, list) and all(isinstance(item, str) for item in value),
        "mapping": _maps_texts(value),
        "flavors": isinstance(value, dict) and all(_is_flavor(item) for item in value.values()),
        "object": isinstance(value, dict),
        "scalars": isinstance(value, dict)
        and all(isinstance(item, str | int | float) for item in value.values()),
        "read-only": True,
    }
    if not is_right[kind]:
        raise _refusal(f"{name!r} is {value!r}; it takes {_TAKES[kind]}")


_TAKES: Mapping[Kind, str] = {
    "text": "a string",
    "flag": "true or false",
    "texts": "a list of strings",
    "mapping": "a mapping of strings to strings",
    "flavors": "a mapping of flavors, each {'data': {…}} with strings",
    "object": "a mapping",
    "scalars": "a mapping of strings to strings or numbers",
    "read-only": "anything",
}


def _maps_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_flavor(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"data"} and _maps_texts(value["data"])


def _refusal(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message)
