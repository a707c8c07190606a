"""Calls every public method of MLClient's collections, and tells what became of each call."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tests.coverage_page import reason, table
from tests.integration.client_methods import CALL_ALL, CALLS, NOT_CALLED, SETUP
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

SERVED = "served"
_OK, _NOT_FOUND = 200, 404
_ANOTHER_WORKSPACE = "is not served here"


def outcomes(lake: Path) -> dict[str, str]:
    """Return what becomes here of each method: served, refused, or the client's own error."""
    with workspace_with_jobs(new_lake(lake)) as served:
        told = submitting(served.env, f"{SETUP}\nCALLS = {list(CALLS)!r}\n{CALL_ALL}")
    found = {str(name): "not called" for name in cast("list[str]", told["methods"])}
    found |= {name: f"not called: {why}" for name, why in NOT_CALLED.items()}
    for call, status, message in cast("list[tuple[str, int | str, str]]", told["outcomes"]):
        name = call.partition("(")[0]
        if found[name] != SERVED:
            found[name] = _outcome(status, message.replace(str(lake), "LAKE"))
    return found


def method_table(lake: Path) -> str:
    """Return the table of all methods, by name."""
    rows = [(f"`{name}`", here) for name, here in sorted(outcomes(lake).items())]
    return table(("method", "here"), rows)


def _outcome(status: int | str, message: str) -> str:
    said = " ".join(message.split())
    if status == _OK:
        return SERVED
    if isinstance(status, str) or status == 0:
        return f"client error: {said}"
    # A missing resource would be a wrong call; a missing workspace is one that cannot be made.
    if status == _NOT_FOUND and _ANOTHER_WORKSPACE not in said:
        return f"not found: {said}"
    return f"refused: {reason(said)}"
