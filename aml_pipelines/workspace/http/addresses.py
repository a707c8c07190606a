"""The address of the workspace that answers a request: clients keep what answers tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Request

# Addresses of a workspace that is not its server's first begin so, with its three names after it.
AT = "/at"
PREFIX = rf"{AT}/[^/]+/[^/]+/[^/]+"
# Addresses of its storage go on so.
STORAGE_PREFIX = "/storage"


def host() -> str:
    """Return the server's host and port, and what leads there to this workspace."""
    request = _request()
    return f"{request.host}{request.script_root}"


def address() -> str:
    """Return the URL below which this workspace has its APIs and its storage."""
    return f"https://{host()}"


def _request() -> Request:
    from flask import request  # noqa: PLC0415 # planning, which asks nobody, must not wait for it

    return request
