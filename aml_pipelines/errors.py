"""A verb that could not be done, though what was asked for is valid; nothing is left half-done."""

from __future__ import annotations


class CommandFailedError(RuntimeError):
    """What failed, where, and the command that helps; the command line prints it and exits 1."""
