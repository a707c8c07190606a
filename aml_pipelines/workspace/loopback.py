"""Listens on 127.0.0.1, for this machine alone."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


class WorkspaceError(RuntimeError):
    """The local workspace did not come up; its log says why."""


def listen(port: int = 0) -> socket.socket:
    """Listen on `port`, 0 for any that is free; raises WorkspaceError if it is taken."""
    try:
        # The backlog keeps clients that connect before the server accepts.
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        raise WorkspaceError(
            f"port {port} cannot be listened on: {error.strerror}; give another, or none"
        ) from error
