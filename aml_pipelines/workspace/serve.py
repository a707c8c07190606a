"""Starts the workspace's server as a child process, and ends it with the block."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from contextlib import contextmanager
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Protocol

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.pipeline.address_options import map_words
from aml_pipelines.pipeline.environments.choose import ONLY_THIS, Policy
from aml_pipelines.pipeline.environments.options import policy_words
from aml_pipelines.processes import LOOPBACK, Child, listen
from aml_pipelines.workspace.clean_up import turn_log
from aml_pipelines.workspace.state import StateFolder
from conf.target import REPOSITORY

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

READY = "ready\n"
NOTHING: Mapping[str, str] = MappingProxyType({})


class WorkspaceNames(Protocol):
    """The names by which Azure knows a workspace."""

    @property
    def subscription_id(self) -> str: ...
    @property
    def resource_group(self) -> str: ...
    @property
    def name(self) -> str: ...


class HasWorkspace(Protocol):
    """Anything with the names of a workspace, such as conf's targets."""

    @property
    def workspace(self) -> WorkspaceNames: ...


class Serving:
    """A server that is starting: jobs may have `env` at once, and wait until it is ready."""

    def __init__(self, env: Mapping[str, str], child: Child, log: Path) -> None:
        self.env = env
        self.pid = child.pid
        self._log = log
        self._answered = threading.Event()
        self._is_ready = False
        self._listener = threading.Thread(target=self._listen, args=(child.speech,), daemon=True)
        self._listener.start()
        self._child = child

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Wait until the workspace answers and MLflow's database is set up.

        Raises CommandFailedError naming the log when it ended, or takes longer than `timeout`.
        """
        if not self._answered.wait(timeout):
            raise CommandFailedError(
                f"the local workspace is not ready after {timeout:g} s; see {self._log}"
            )
        if not self._is_ready:
            raise CommandFailedError(f"the local workspace did not start; see {self._log}")

    def wait_ended(self) -> None:
        """Wait until the server has ended, which it does by itself only after an error."""
        self._child.wait()

    def _listen(self, stdout: IO[bytes]) -> None:
        self._is_ready = stdout.readline() == READY.encode()
        self._answered.set()


@contextmanager
def serving(
    target: HasWorkspace,
    *,
    state: Path,
    log: Path,
    experiments: Sequence[str] = (),
    jobs_master: str | None = None,
    port: int = 0,
    environments: Policy = ONLY_THIS,
    mapped: Mapping[str, str] = NOTHING,
    faults: Path | None = None,
) -> Iterator[Serving]:
    """Serve the workspace that `target` names out of `state` for as long as the block runs.

    MLflow's `experiments` are there when it is ready: jobs that make one at once would race. Jobs
    that are submitted are run with the Spark master `jobs_master`; without one, none is taken.
    `environments` says what may be done for nodes of jobs that ask for other packages, and `mapped`
    has what stands here for data elsewhere. Requests meet the faults in the file `faults`.

    Yields before the server is up: its sockets listen already, so an early client waits.
    """
    # Resolved, because the server has another working directory.
    state, secret = state.resolve(), secrets.token_urlsafe(32)
    turn_log(log)
    options = [word for name in experiments for word in ("--experiment", name)]
    options += ["--jobs-master", jobs_master] if jobs_master else []
    options += [f"--faults={faults.resolve()}"] if faults else []
    options += [*policy_words(environments), *map_words(mapped)]
    # The parent's sockets: their ports are known, and clients may wait, before the server is up.
    with listen(port) as control, listen() as token:
        env = job_environment(target.workspace, state, control, token, secret)
        command = [*_command(target.workspace, state, control, token), *options]
        child = Child(
            command,
            folder=REPOSITORY,
            environment={
                **os.environ,
                # By environment: every user of the machine can read the arguments of a process.
                "IDENTITY_HEADER": secret,
                "MLFLOW_DISABLE_TELEMETRY": "true",
            },
            log=log,
            descriptors=(control.fileno(), token.fileno()),
            speaks=True,
        )
    try:
        yield Serving(env, child, log)
    finally:
        # Without a limit: it ends its jobs in good order, which takes as long as they take.
        child.end(grace=None)


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
    *,
    prefix: str = "",
) -> dict[str, str]:
    """Return the variables by which a job finds its workspace and its identity, as in Azure.

    `prefix` leads to one of several workspaces of the server.
    """
    folder = StateFolder(state)
    address = f"https://{LOOPBACK}:{control.getsockname()[1]}"
    return {
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription_id,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_DEV_URL_MFE": f"{address}{prefix}",
        # The cloud that the client takes for its own, with the registries that it has.
        "ARM_CLOUD_METADATA_URL": f"{address}/metadata/endpoints?api-version=2019-05-01",
        "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{address}/",
        "REQUESTS_CA_BUNDLE": str(folder.trusted),
        # Of MLTable's reader, which is written in Rust.
        "SSL_CERT_FILE": str(folder.trusted),
        "IDENTITY_ENDPOINT": f"http://{LOOPBACK}:{token.getsockname()[1]}/token",
        "IDENTITY_HEADER": secret,
        # No other login of the machine's user may be taken for the job's, and no proxy be used.
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",  # checkov:skip=CKV_SECRET_6:a class
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder.mlflow_database}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
