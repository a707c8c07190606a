"""Errors of the command line and the workspace, one class for each way in which callers react."""

from __future__ import annotations

from conf.errors import UserError


class PipelineError(UserError):
    """A pipeline is invalid or needs what cannot be run here; nothing was started."""


class NotFoundError(UserError):
    """A name, version or label is not there; the workspace answers 404."""


class ConflictError(UserError):
    """A stored object is immutable, or in use, and differs from the request; 409."""


class RefusedError(UserError):
    """A request is valid in form, but cannot be carried out here; 400."""


class UnknownComponentError(RefusedError):
    """A job names a component that is not registered; the workspace answers 404, as Azure does."""


class CommandFailedError(RuntimeError):
    """A valid command failed, and left nothing half-done; its line names the command that helps."""


class NodeFailedError(RuntimeError):
    """A node ended in failure; its message says how."""
