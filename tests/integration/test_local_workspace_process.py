"""The workspace's process: when it is ready, what it listens on, and when it ends."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.workspace.serve import serving
from tests.integration import listening
from tests.integration.workspace_jobs import TARGET, new_workspace, workspace

ROOT = Path(__file__).resolve().parents[2]
CALLER = """
import sys, time
from pathlib import Path
from aml_pipelines.workspace.serve import serving
from tests.integration import listening
from tests.integration.workspace_jobs import TARGET

lake = Path(sys.argv[1])
with serving(TARGET, state=lake, log=lake / "workspace.log") as served:
    served.wait_ready()
    print(served.pid, flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    status = Path("/proc", str(pid), "status")
    return status.is_file() and "zombie" not in status.read_text()


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def test_the_environment_is_there_before_the_server_and_a_client_may_wait(tmp_path: Path) -> None:
    began = time.monotonic()
    with serving(TARGET, state=tmp_path, log=tmp_path / "workspace.log") as served:
        yielded = time.monotonic() - began
        with pytest.raises(CommandFailedError, match=r"not ready after 0 s; see .*workspace\.log"):
            served.wait_ready(0)
        served.wait_ready()
    assert yielded < 0.1
    assert not is_running(served.pid)


@pytest.mark.slow
def test_ready_means_that_the_experiment_is_there_and_its_artifacts_go_to_the_lake(
    tmp_path: Path,
) -> None:
    with (
        new_workspace(tmp_path),
        closing(sqlite3.connect(tmp_path / "mlflow" / "mlflow.db")) as database,
    ):
        found = dict(database.execute("SELECT name, artifact_location FROM experiments"))
        began = time.monotonic()
        with new_workspace(tmp_path):
            seconds = time.monotonic() - began

    artifacts = (tmp_path / "mlflow" / "artifacts").as_uri()
    assert found["flights"] == f"{artifacts}/flights"
    assert found["Default"] == f"{artifacts}/0"
    assert seconds < 2


def test_a_server_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    (tmp_path / "registry").write_text("a file where a folder should be")

    with (
        serving(TARGET, state=tmp_path, log=tmp_path / "workspace.log") as served,
        pytest.raises(CommandFailedError, match=r"did not start; see .*workspace\.log"),
    ):
        served.wait_ready()
    assert "FileExistsError" in (tmp_path / "workspace.log").read_text()


@pytest.mark.slow
def test_the_server_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout
        server = int(caller.stdout.readline())
        assert is_running(server)
        os.kill(caller.pid, signal.SIGKILL)

    assert wait_until_gone(server)


def test_only_loopback_is_listened_on(tmp_path: Path) -> None:
    with workspace(tmp_path) as served:
        assert listening.addresses([served.pid]) == {"0100007F"}


def test_a_client_that_stalls_in_its_handshake_stops_nobody(tmp_path: Path) -> None:
    with workspace(tmp_path) as served:
        url = served.env["AZUREML_DEV_URL_MFE"]
        port = int(url.rpartition(":")[2])
        trusted = ssl.create_default_context(cafile=served.env["REQUESTS_CA_BUNDLE"])
        with (
            socket.create_connection(("127.0.0.1", port)),
            pytest.raises(URLError, match="UNAUTHORIZED"),
        ):
            urlopen(Request(url), context=trusted, timeout=5)  # noqa: S310 # loopback, https


def test_the_key_is_its_owners_alone_and_lasts_from_run_to_run(tmp_path: Path) -> None:
    key = tmp_path / "registry" / "tls" / "server-key.pem"
    with workspace(tmp_path):
        first = key.read_bytes()
    with workspace(tmp_path):
        second = key.read_bytes()

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert first == second


def test_no_token_and_no_secret_is_in_the_log(tmp_path: Path) -> None:
    with workspace(tmp_path) as served:
        endpoint = f"{served.env['IDENTITY_ENDPOINT']}?resource=https://management.azure.com"
        header = {"X-IDENTITY-HEADER": served.env["IDENTITY_HEADER"]}
        with urlopen(Request(endpoint, headers=header), timeout=5) as granted:  # noqa: S310 # loopback
            assert granted.status == 200
    log = (tmp_path / "workspace.log").read_text()
    assert served.env["IDENTITY_HEADER"] not in log
    assert "eyJ" not in log
