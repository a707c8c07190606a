"""Finds the process that serves a workspace: a file with its address, and a lock that it holds."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.files import read_json, write_json
from aml_pipelines.locks import LockedError, hold_at_once, is_held
from aml_pipelines.workspace.state import StateFolder
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conf.target import Target

COMMAND = "python -m aml_pipelines workspace"
# The variables by which jobs and clients find a workspace.
JOB_VARIABLES = frozenset(
    {
        *("AZUREML_ARM_SUBSCRIPTION", "AZUREML_ARM_RESOURCEGROUP", "AZUREML_ARM_WORKSPACE_NAME"),
        *("AZUREML_DEV_URL_MFE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "IDENTITY_ENDPOINT"),
        *("IDENTITY_HEADER", "AZURE_TOKEN_CREDENTIALS", "NO_PROXY", "no_proxy"),
        *("MLFLOW_TRACKING_URI", "MLFLOW_DISABLE_TELEMETRY"),
        *("ARM_CLOUD_METADATA_URL", "REGISTRY_DISCOVERY_ENDPOINT_URL"),
    }
)


class NotServedError(UserError):
    """No process serves the workspace."""


class AlreadyServedError(UserError):
    """Another process serves the workspace already."""


def refuse_unserved(target: Target) -> None:
    """Raise NotServedError for a target whose lake is there only while pipelines run."""
    if not target.has_folder:
        raise NotServedError(
            f"the workspace of target {target.name!r} is there only while 'run' is, as its lake is "
            "no folder; the target 'local' has one to serve"
        )


def read_serving(state: Path) -> Mapping[str, str]:
    """Return the variables by which `MLClient` finds the workspace of `state`, and signs in.

    Raises NotServedError, naming the command that serves it, when no process does.
    """
    file = StateFolder(state).serving
    if not file.is_file() or not is_held(StateFolder(state).serving_lock):
        raise NotServedError(
            f"the workspace of {state} is not served; in another shell, start: {COMMAND}"
        )
    status = file.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise UserError(
            f"{file} could have been written or read by another user of this machine; "
            f"stop the workspace, delete the file, and start: {COMMAND}"
        )
    env: Mapping[str, str] = read_json(file)["env"]
    # No other name, which could change what this process runs.
    return {name: value for name, value in env.items() if name in JOB_VARIABLES}


@contextmanager
def serving_alone(state: Path) -> Iterator[None]:
    """Lock `state` for the one process that serves it; raises AlreadyServedError naming another."""
    folder = StateFolder(state)
    try:
        with hold_at_once(folder.serving_lock, {"verb": "workspace"}):
            try:
                yield
            finally:
                folder.serving.unlink(missing_ok=True)
    except LockedError as error:
        raise AlreadyServedError(
            f"the workspace of {state} is served already, by process {error.holder.get('pid')}; "
            f"use that one: {COMMAND} --env"
        ) from error


def announce(state: Path, env: Mapping[str, str]) -> None:
    """Write `env`, which has a secret, to a file that only this user may read."""
    write_json(StateFolder(state).serving, {"pid": os.getpid(), "env": dict(env)}, mode=0o600)
