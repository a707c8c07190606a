"""Azure Resource Manager conventions of all routes: ids, envelopes, pages, ETags, errors."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, jsonify, request

from aml_pipelines.workspace.http.fields import mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROVIDER = "Microsoft.MachineLearningServices"
# The one prefix of all routes below the workspace; Flask reads it, `WorkspaceScope.id` fills it.
WORKSPACE = (
    "/subscriptions/<subscription>/resourceGroups/<group>"
    f"/providers/{PROVIDER}/workspaces/<workspace>"
)
PAGE = 100
_PAGED = {"api-version", "listViewType", "$skip", "$top", "$orderBy", "stage"}
_NEWEST_FIRST = "createdtime desc"
_OLDEST_FIRST = "createdtime asc"
# The service names every refusal of a request so, and what it was inside.
_USER_ERROR = "UserError"
# Of ARM itself, before the service has the request, or of a server that failed.
_OF_ARM = ("ResourceNotFound", "ResourceGroupNotFound", "InvalidRequestContent", "InvalidResource")
_NOT_THE_USERS = (401, 403, 500, 501, 503)
_CALLER = "local"
Resource = dict[str, object]


class ArmError(RuntimeError):
    """A refusal in ARM's shape: a status, a code and one line.

    `code` says what it is inside of the service's own code, `inner` more of it, from the outside
    in. `detail` is the code of the one detail that some refusals have instead, and `parts` are
    lines of more details. A few refusals are named otherwise by the service, which is `outer`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *inner: str,
        detail: str = "",
        parts: Sequence[str] = (),
        outer: str = _USER_ERROR,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self._inner = inner
        self._detail = detail
        self._parts = parts
        self._outer = outer

    def response(self) -> Response:
        answer = jsonify({"error": self._error()})
        answer.status_code = self.status
        return answer

    def _error(self) -> dict[str, object]:
        message = str(self)
        if self.code in _OF_ARM or self.status in _NOT_THE_USERS:
            return {"code": self.code, "message": message}
        error: dict[str, object] = {"code": self._outer, "message": message}
        none: list[object] = []
        if self._detail:
            return {**error, "details": [_detail(self._detail, message)], "additionalInfo": none}
        codes = [
            code for code in (self.code, *self._inner) if code not in (_USER_ERROR, self._outer)
        ]
        inner = _nested(codes)
        about = [{"type": "InnerError", "info": {"value": inner}}] if inner else none
        details = [_detail(self.code, part) for part in self._parts]
        return {**error, "details": details, "additionalInfo": about}


@dataclass(frozen=True)
class WorkspaceScope:
    """The names by which ARM knows a workspace."""

    subscription_id: str
    resource_group: str
    name: str

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/workspaces/{self.name}"
        )

    def resource(
        self,
        path: str,
        properties: Mapping[str, object],
        *,
        created_at: float = 0.0,
        modified_at: float | None = None,
    ) -> Resource:
        """Wrap `properties` as the resource at `path` below the workspace, such as data/a."""
        segments = path.split("/")
        return {
            "id": f"{self.id}/{path}",
            "name": segments[-1],
            "type": "/".join([f"{PROVIDER}/workspaces", *segments[::2]]),
            "properties": dict(properties),
            "systemData": {
                "createdAt": _timestamp(created_at),
                "createdBy": _CALLER,
                "createdByType": "User",
                "lastModifiedAt": _timestamp(created_at if modified_at is None else modified_at),
                "lastModifiedBy": _CALLER,
                "lastModifiedByType": "User",
            },
        }


def without_modifier(resource: Resource) -> Resource:
    """Return `resource` without who changed it last, which the service leaves out of some."""
    return without_system_data(resource, "lastModifiedBy", "lastModifiedByType")


def without_system_data(resource: Resource, *fields: str) -> Resource:
    """Return `resource` without `fields` of its systemData."""
    told = mapping_in(resource, "systemData")
    kept = {name: value for name, value in told.items() if name not in fields}
    return {**resource, "systemData": kept}


def answer(resource: Resource, *, is_new: bool = False) -> Response:
    """Answer with one resource and its ETag, 201 and its address where it is new."""
    response = jsonify(resource)
    response.headers["ETag"] = etag(resource)
    if is_new:
        response.status_code = 201
        response.headers["Location"] = request.url
    return response


def etag(resource: Resource) -> str:
    # Of the properties alone: a time in the answer must not make an unchanged resource a new one.
    content = json.dumps(resource["properties"], sort_keys=True)
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:16]}"'


def check_preconditions(stored: Resource | None) -> None:
    """Refuse the request with 412 when its If-Match or If-None-Match does not hold."""
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    stored_etag = etag(stored) if stored else None
    if if_match and (stored_etag is None or if_match not in ("*", stored_etag)):
        raise ArmError(
            412, "ConditionNotMet", f"If-Match is {if_match}, but the ETag is {stored_etag}"
        )
    if if_none_match and stored_etag is not None and if_none_match in ("*", stored_etag):
        raise ArmError(
            412, "ConditionNotMet", f"If-None-Match is {if_none_match}, but it is {stored_etag}"
        )


def page(resources: Sequence[Resource], *, also: frozenset[str] = frozenset()) -> Response:
    """Answer with the page of `resources`, which are newest first, that the query names."""
    # A filter that was ignored would answer with resources that the client did not ask for.
    unknown = sorted(set(request.args) - _PAGED - also)
    if unknown:
        raise ArmError(
            400, "BadArgument", f"query parameters {unknown} are not served; {sorted(_PAGED)} are"
        )
    order = request.args.get("$orderBy", _NEWEST_FIRST)
    if order not in (_NEWEST_FIRST, _OLDEST_FIRST):
        raise ArmError(
            400, "BadArgument", f"$orderBy is {order!r}; it is {_NEWEST_FIRST!r} or its reverse"
        )
    ordered = resources if order == _NEWEST_FIRST else resources[::-1]
    begin, size = _number("$skip", 0), _number("$top", PAGE, least=1)
    shown = {"value": list(ordered[begin : begin + size])}
    if begin + size < len(ordered):
        query = urlencode({**request.args, "$skip": begin + size})
        return jsonify({**shown, "nextLink": f"{request.base_url}?{query}"})
    return jsonify(shown)


def _number(parameter: str, default: int, *, least: int = 0) -> int:
    text = request.args.get(parameter, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        raise ArmError(
            400, "BadArgument", f"{parameter} is {text[:80]!r}; it is a whole number from {least}"
        )
    return int(text)


def _detail(code: str, message: str) -> dict[str, object]:
    return {"code": code, "message": message, "details": [], "additionalInfo": []}


def _nested(codes: Sequence[str]) -> dict[str, object] | None:
    return {"code": codes[0], "innerError": _nested(codes[1:])} if codes else None


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
