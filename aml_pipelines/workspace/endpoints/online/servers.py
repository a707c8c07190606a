"""Runs Azure's own inference server, one process for each online deployment."""

from __future__ import annotations

import http.client
import shutil
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.inherited import inherited_variables
from aml_pipelines.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READY_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_GRACE_SECONDS = 10.0
_LOG_LINES = 40
_PROCESS = Path(__file__).with_name("server_process.py")
_APP = "azureml_inference_server_http.server.entry:app"


class ScoringError(RuntimeError):
    """A scoring server did not become ready, or did not answer; its log says why."""


@dataclass(frozen=True)
class Staged:
    """The folder, the entry script and the variables of a scoring server."""

    folder: Path
    script: str
    env: Mapping[str, str]

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def log(self) -> Path:
        return server_log(self.folder)


class ScoringServer:
    """A server that is starting; call `wait_ready` before `ask`."""

    def __init__(self, staged: Staged) -> None:
        self._log = staged.log
        staged.log.unlink(missing_ok=True)  # only what this server writes tells why it failed
        # A socket in a folder that only its owner may enter, and no port: whoever can reach the
        # server scores without the endpoint's key. In /tmp, as its path may have 100 letters only.
        self._folder = Path(tempfile.mkdtemp(prefix="scoring-"))
        self._socket = self._folder / "socket"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self._socket))
            listening.listen()
            self._child = Child(
                _command(listening.fileno()),
                folder=staged.code,
                environment=_environment(staged),
                log=staged.log,
                descriptors=(listening.fileno(),),
            )

    @property
    def is_running(self) -> bool:
        return self._child.is_running

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Wait until the server answers; raises ScoringError with its log if it does not."""
        deadline = time.monotonic() + timeout
        while self.is_running and time.monotonic() < deadline:
            try:
                if self.ask("GET", "/", b"", {}, timeout=timeout)[0] == http.client.OK:
                    return
            except ScoringError:
                time.sleep(_LOOK_SECONDS)
        self.stop()
        raise ScoringError(f"the scoring server did not become ready; its log:\n{self.log_end()}")

    def ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, timeout: float
    ) -> tuple[int, str, bytes]:
        """Send a request; returns the answer's status, content type and body."""
        connection = _UnixConnection(self._socket, timeout)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content_type = answer.headers.get("Content-Type", "application/json")
            return answer.status, content_type, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ScoringError(f"the scoring server did not answer: {error}") from error
        finally:
            connection.close()

    def log_end(self, lines: int = _LOG_LINES) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """End the process and all that it started."""
        self._child.end(grace=_GRACE_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("scoring", timeout=timeout)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class ScoringServers:
    """The scoring servers of all deployments; each is started when it is first needed."""

    def __init__(self, stage: Callable[[str], Staged]) -> None:
        self._stage = stage
        self._running: dict[str, ScoringServer] = {}
        # A lock for each: two requests at once must not start two servers of one deployment.
        self._starting: dict[str, threading.Lock] = {}

    def ready(self, deployment: str) -> ScoringServer:
        """Return a deployment's server; starts it first if it has ended or never ran."""
        with self._starting.setdefault(deployment, threading.Lock()):
            server = self._running.get(deployment)
            if not server or not server.is_running:
                server = ScoringServer(self._stage(deployment))
                self._running[deployment] = server
                server.wait_ready()
            return server

    def close(self) -> None:
        """End all servers that run."""
        for deployment in list(self._running):
            self.stop(deployment)

    def stop(self, deployment: str) -> None:
        with self._starting.setdefault(deployment, threading.Lock()):
            server = self._running.pop(deployment, None)
            if server:
                server.stop()


def server_log(folder: Path) -> Path:
    return folder / "server.log"


def stage_code(code: Path, folder: Path) -> None:
    """Copy a deployment's code to a folder of its own, replacing an earlier copy."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(code, folder, copy_function=shutil.copyfile)


def _command(listening: int) -> list[str]:
    # A bad request may take a worker's whole time, and init as long as the client waits.
    timeout = str(int(READY_SECONDS))
    server = [sys.executable, "-P", str(_PROCESS), "-b", f"fd://{listening}"]
    return [*server, "--workers", "1", "--timeout", timeout, _APP]


def _environment(staged: Staged) -> dict[str, str]:
    # Scoring code gets neither the workspace's secret nor this project's modules.
    return {
        **inherited_variables(but=("IDENTITY_HEADER", "PYTHONPATH")),
        **staged.env,
        "AML_APP_ROOT": str(staged.code),
        "AML_APP_INSIGHTS_ENABLED": "false",
        "AZUREML_ENTRY_SCRIPT": staged.script,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
