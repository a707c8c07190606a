"""Spells the paths of requests as routes do: to ARM, the case of its own words does not count."""

from __future__ import annotations

import re

from aml_pipelines.workspace.http.arm import PROVIDER, WorkspaceScope

# What ARM's paths begin with, and after it a subscription: a blob's path may look like one too.
_API = r"(?P<api>/[a-z]+/v1\.0|/mferp/managementfrontend)?"
_SCOPE = re.compile(
    rf"{_API}/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
    rf"(?P<provider>/providers/{re.escape(PROVIDER)}(?:/workspaces(?=/))?)?",
    re.IGNORECASE,
)
_WORKSPACE = re.compile(
    rf"{_API}/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    rf"/providers/{re.escape(PROVIDER)}/workspaces/(?P<workspace>[^/]+)"
)
_SUBSCRIPTION = re.compile(rf"{_API}/subscriptions/")


def workspace_in(path: str) -> WorkspaceScope | None:
    """Return the workspace that a path names, which is spelled as routes are; None without one."""
    found = _WORKSPACE.match(path)
    return WorkspaceScope(*found.group("subscription", "group", "workspace")) if found else None


def is_arm(path: str) -> bool:
    """Return whether a path is below a subscription, in any API."""
    return bool(_SUBSCRIPTION.match(path))


def spelled(path: str) -> str:
    """Return `path` with ARM's own words in the case that routes have."""
    found = _SCOPE.match(path)
    return f"{_spell(found)}{path[found.end() :]}" if found else path


def _spell(found: re.Match[str]) -> str:
    subscription, group, provider = found["subscription"], found["group"], found["provider"]
    api = found["api"] or ""
    if not provider:  # the API of groups has another spelling
        return f"{api}/subscriptions/{subscription}/resourcegroups/{group}"
    workspaces = "/workspaces" if provider.lower().endswith("/workspaces") else ""
    scope = f"{api}/subscriptions/{subscription}/resourceGroups/{group}"
    return f"{scope}/providers/{PROVIDER}{workspaces}"
