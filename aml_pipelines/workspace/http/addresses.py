"""The address of the workspace that answers a request: clients keep what answers tell them."""

from __future__ import annotations

from flask import request

# Addresses of a workspace that is not its server's first begin so, with its three names after it.
AT = "/at"
PREFIX = rf"{AT}/[^/]+/[^/]+/[^/]+"


def host() -> str:
    """Return the server's host and port, and what leads there to this workspace."""
    return f"{request.host}{request.script_root}"


def address() -> str:
    """Return the URL below which this workspace has its APIs and its storage."""
    return f"https://{host()}"
