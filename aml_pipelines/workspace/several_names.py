"""The names of a server's workspaces: which are taken, and which one a request or a text is for."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import NamedTuple
from urllib.parse import parse_qs

from aml_pipelines.errors import RefusedError
from aml_pipelines.workspace.http.addresses import AT, PREFIX, STORAGE_PREFIX
from aml_pipelines.workspace.http.arm import WorkspaceScope
from aml_pipelines.workspace.http.arm_paths import is_arm, spelled, workspace_in
from aml_pipelines.workspace.registries.routes import DISCOVERY, METADATA

_PREFIX = re.compile(rf"{PREFIX}(?=/|$)")
# How bodies name data and assets of a workspace.
_NAMED = re.compile(
    r"azureml:/{1,2}subscriptions/([^/\"]+)/resourcegroups/([^/\"]+)"
    r"/(?:providers/[^/\"]+/)?workspaces/([^/\"]+)/",
    re.IGNORECASE,
)
# Of the server, whatever an address begins with.
_SHARED = tuple(f"{prefix}/" for prefix in (METADATA, DISCOVERY))
# Azure's own rules.
_RULES = {
    "subscription": re.compile(r"[A-Za-z0-9-]{1,36}"),
    "resource group": re.compile(r"[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]"),
    "workspace": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
}


class Destination(NamedTuple):
    """Where a request goes: the workspace that its path names, or whose prefix it has.

    Both are keys; a request with neither is the first workspace's. `path` is without the prefix.
    """

    path: str
    named: str | None
    prefixed: str | None


def destination(path: str, query: str) -> Destination:
    """Return where a request of `path` goes, with its path as routes spell it."""
    path = spelled(path)
    if path == AT:
        path = _listed_below(query)
    at = _PREFIX.match(path)
    path = path[at.end() :] if at else path
    named = workspace_in(path)
    is_shared = is_arm(path) or path.startswith(_SHARED)
    prefixed = at[0].lower() if at and not is_shared else None
    return Destination(path, key_of(named) if named else None, prefixed)


def check_names(scope: WorkspaceScope) -> None:
    """Raise RefusedError for a name that Azure does not take."""
    for text, (what, rule) in zip(asdict(scope).values(), _RULES.items(), strict=True):
        if not rule.fullmatch(text):
            raise RefusedError(f"{what} {text!r} is not a name that Azure takes for one")


def prefix_of(scope: WorkspaceScope) -> str:
    """Return what addresses of a workspace that is not the first begin with."""
    return "/".join((AT, *asdict(scope).values()))


def key_of(scope: WorkspaceScope) -> str:
    """Return what tells a workspace from others: to Azure, the case of names does not count."""
    return prefix_of(scope).lower()


def named_in(text: str) -> list[WorkspaceScope]:
    """List the workspaces whose data and assets a body names."""
    return [WorkspaceScope(*names) for names in _NAMED.findall(text)]


def _listed_below(query: str) -> str:
    """Return the path of a list for which the reader of MLTables takes `/at` for a container."""
    below = parse_qs(query).get("prefix", [""])[0]
    names = below.partition(f"{STORAGE_PREFIX}/")[0]
    return f"{AT}/{names}{STORAGE_PREFIX}"
