"""The local workspace while a pipeline runs: started beside it, gone with it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Protocol

from aml_pipelines.workspace.loopback import LOOPBACK, WorkspaceError, listen
from aml_pipelines.workspace.state import StateFolder
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READY = "ready\n"


class WorkspaceNames(Protocol):
    """What names a workspace in Azure."""

    @property
    def subscription_id(self) -> str: ...
    @property
    def resource_group(self) -> str: ...
    @property
    def name(self) -> str: ...


class HasWorkspace(Protocol):
    """Anything that names its workspace, as conf's targets do."""

    @property
    def workspace(self) -> WorkspaceNames: ...


class Serving:
    """A workspace that is coming up: jobs get `env` at once, and wait until it is ready."""

    def __init__(self, env: Mapping[str, str], process: subprocess.Popen[str], log: Path) -> None:
        self.env = env
        self.pid = process.pid
        self._log = log
        self._answered = threading.Event()
        self._is_ready = False
        self._listener = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
        self._listener.start()
        self._process = process

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until the workspace answers and MLflow's database is set up.

        Raises WorkspaceError naming the log when it ended instead, or takes longer than `timeout`.
        """
        if not self._answered.wait(timeout):
            raise WorkspaceError(
                f"the local workspace is not ready after {timeout:g} s; see {self._log}"
            )
        if not self._is_ready:
            raise WorkspaceError(f"the local workspace did not start; see {self._log}")

    def wait_ended(self) -> None:
        """Wait until the server has ended, which it does by itself only when something is wrong."""
        self._process.wait()

    def _listen(self, stdout: IO[str]) -> None:
        self._is_ready = stdout.readline() == READY
        self._answered.set()


@contextmanager
def serving(
    target: HasWorkspace,
    *,
    state: Path,
    log: Path,
    experiment: str | None = None,
    jobs_master: str | None = None,
    port: int = 0,
) -> Iterator[Serving]:
    """Serve the workspace that `target` names out of `state` for as long as the block runs.

    Runs that jobs track belong to `experiment`, else to MLflow's default one. Jobs that are
    submitted are run with the Spark master `jobs_master`; without one, none is taken.

    Yields before the server is up: its sockets listen already, so an early client waits.
    """
    state, secret = state.resolve(), secrets.token_urlsafe(32)
    chosen = ["--experiment", experiment] if experiment else []
    chosen += ["--jobs-master", jobs_master] if jobs_master else []
    log.parent.mkdir(parents=True, exist_ok=True)
    with listen(port) as control, listen() as token, log.open("a") as written:
        env = job_environment(target.workspace, state, control, token, secret)
        if experiment:
            env["MLFLOW_EXPERIMENT_NAME"] = experiment
        process = subprocess.Popen(
            [*_command(target.workspace, state, control, token), *chosen],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "IDENTITY_HEADER": secret,
                "MLFLOW_DISABLE_TELEMETRY": env["MLFLOW_DISABLE_TELEMETRY"],
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            pass_fds=(control.fileno(), token.fileno()),
            start_new_session=True,  # Ctrl-C is its parent's, which then ends it in good order
        )
    try:
        yield Serving(env, process, log)
    finally:
        process.terminate()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _command(
    workspace: WorkspaceNames, state: Path, control: socket.socket, token: socket.socket
) -> list[str]:
    return [
        *(sys.executable, "-m", "aml_pipelines.workspace.server"),
        *("--subscription", workspace.subscription_id),
        *("--resource-group", workspace.resource_group),
        *("--workspace", workspace.name),
        *("--state", str(state)),
        *("--control", str(control.fileno())),
        *("--token", str(token.fileno())),
    ]


def job_environment(
    workspace: WorkspaceNames,
    state: Path,
    control: socket.socket,
    token: socket.socket,
    secret: str,
) -> dict[str, str]:
    """Give what a job needs to find its workspace and its identity, here as in Azure."""
    folder = StateFolder(state)
    return {
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription_id,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_DEV_URL_MFE": f"https://{LOOPBACK}:{control.getsockname()[1]}",
        "REQUESTS_CA_BUNDLE": str(folder.trusted),
        "IDENTITY_ENDPOINT": f"http://{LOOPBACK}:{token.getsockname()[1]}/token",
        "IDENTITY_HEADER": secret,
        # Nothing else may answer for the job: no login of the machine's user, no proxy.
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",  # checkov:skip=CKV_SECRET_6:a class
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder.mlflow_database}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
