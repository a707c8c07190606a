"""What a request may name: assets, versions and views, by Azure ML's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from aml_pipelines.pipeline.assets import View

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
# What the client names itself has a hash or a GUID for a version, longer than a user's may be.
_VERSION = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4,12}){4}"
)
_VIEWS: tuple[View, ...] = ("ActiveOnly", "ArchivedOnly", "All")


def asset_name(name: str) -> str:
    """Give `name` if Azure takes it, else refuse it with 400."""
    return _matching(_NAME, name, "name", longest=255)


def asset_version(version: str) -> str:
    """Give `version` if Azure takes it, else refuse it with 400."""
    return _matching(_VERSION, version, "version", longest=30)


def view() -> View:
    """Read the request's listViewType, ActiveOnly when it has none."""
    asked = request.args.get("listViewType", "ActiveOnly")
    for known in _VIEWS:
        if known == asked:
            return known
    raise ArmError(400, "BadArgument", f"listViewType is {asked!r}; it is one of {list(_VIEWS)}")


def _matching(pattern: re.Pattern[str], given: str, what: str, *, longest: int) -> str:
    if pattern.fullmatch(given):
        return given
    raise ArmError(
        400,
        "ValidationError",
        f"{what} {given!r} is not 1 to {longest} letters, digits, '.', '_' or '-', "
        "beginning with a letter or digit",
    )
