"""Checks the names, versions and views in requests by Azure ML's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import View

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# The client's own versions are hashes or GUIDs, which are longer than a user's may be.
_VERSION = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}|[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4,12}){4}"
)
_VIEWS: tuple[View, ...] = ("ActiveOnly", "ArchivedOnly", "All")
# Of a registry's assets the client asks by the names that Python gives its enum's members.
_SPELLED: Mapping[str, View] = {
    "ListViewType.ACTIVE_ONLY": "ActiveOnly",
    "ListViewType.ARCHIVED_ONLY": "ArchivedOnly",
    "ListViewType.ALL": "All",
}


def asset_name(name: str) -> str:
    """Return `name` if Azure takes it; refuses others with 400."""
    return _matching(_NAME, name, "name", longest=255)


def asset_version(version: str) -> str:
    """Return `version` if Azure takes it; refuses others with 400."""
    return _matching(_VERSION, version, "version", longest=30)


def view() -> View:
    """Read the request's listViewType, ActiveOnly when it has none."""
    name = request.args.get("listViewType", "ActiveOnly")
    for allowed in _VIEWS:
        if allowed == _SPELLED.get(name, name):
            return allowed
    raise ArmError(400, "BadArgument", f"listViewType is {name!r}; it is one of {list(_VIEWS)}")


def _matching(pattern: re.Pattern[str], text: str, what: str, *, longest: int) -> str:
    if pattern.fullmatch(text):
        return text
    raise ArmError(
        400,
        "ValidationError",
        f"{what} {text!r} is not 1 to {longest} letters, digits, '.', '_' or '-', "
        "beginning with a letter or digit",
    )
