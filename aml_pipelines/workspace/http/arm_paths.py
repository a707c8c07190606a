"""Spells the paths of requests as routes do: to ARM, the case of its own words does not count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aml_pipelines.workspace.http.arm import PROVIDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    Wsgi = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
    rf"(?P<provider>/providers/{re.escape(PROVIDER)}(?:/workspaces(?=/))?)?",
    re.IGNORECASE,
)


def spelled(path: str) -> str:
    """Return `path` with ARM's own words in the case that routes have."""
    return _SCOPE.sub(_spell, path, count=1)


def with_spelled_paths(app: Wsgi) -> Wsgi:
    """Return `app` with paths in the case of its routes."""

    def call(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return app({**environ, "PATH_INFO": spelled(environ.get("PATH_INFO", ""))}, start)

    return call


def _spell(found: re.Match[str]) -> str:
    subscription, group, provider = found["subscription"], found["group"], found["provider"]
    if not provider:  # the API of groups has another spelling
        return f"/subscriptions/{subscription}/resourcegroups/{group}"
    workspaces = "/workspaces" if provider.lower().endswith("/workspaces") else ""
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return f"{scope}/providers/{PROVIDER}{workspaces}"
