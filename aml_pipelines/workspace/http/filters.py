"""Filters of lists by what resources have in their `properties`, as requests state them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPERTIES = "properties"


def asked_properties() -> Mapping[str, str]:
    """Return the properties that the request asks for, `a=1,b=2`; refuses another form (400)."""
    asked = [part.partition("=") for part in request.args.get(PROPERTIES, "").split(",") if part]
    if not all(equals for _, equals, _ in asked):
        raise ArmError(
            400, "BadArgument", f"properties is {request.args[PROPERTIES]!r}; it is NAME=VALUE,…"
        )
    return {name: value for name, _, value in asked}


def has_properties(stored: Mapping[str, object], asked: Mapping[str, str]) -> bool:
    """Return whether `stored` has all of the properties that are asked for."""
    return all(str(stored.get(name)) == value for name, value in asked.items())
