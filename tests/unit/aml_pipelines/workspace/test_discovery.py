"""The file that says where a lake's workspace is served: private, and never out of date."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aml_pipelines.processes import listen
from aml_pipelines.workspace.discovery import (
    AlreadyServedError,
    NotServedError,
    announce,
    read_serving,
    serving_alone,
)
from aml_pipelines.workspace.serve import job_environment
from conf.errors import UserError
from tests.integration.workspace_jobs import TARGET

ROOT = Path(__file__).resolve().parents[4]
KILLED = """
import os, signal, sys
from pathlib import Path
from aml_pipelines.workspace.discovery import announce, serving_alone
lake = Path(sys.argv[1])
with serving_alone(lake):
    announce(lake, {"NO_PROXY": "value"})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_variables_of_the_workspace_are_read_by_their_owner_alone(tmp_path: Path) -> None:
    with serving_alone(tmp_path):
        announce(tmp_path, {"IDENTITY_HEADER": "it's secret"})
        mode = (tmp_path / "registry" / "serving.json").stat().st_mode
        env = read_serving(tmp_path)

    assert env == {"IDENTITY_HEADER": "it's secret"}
    assert stat.S_IMODE(mode) == 0o600
    assert not (tmp_path / "registry" / "serving.json").exists()


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o604])
def test_variables_that_others_could_write_or_read_are_not_taken(tmp_path: Path, mode: int) -> None:
    with serving_alone(tmp_path):
        announce(tmp_path, {"NO_PROXY": "127.0.0.1"})
        (tmp_path / "registry" / "serving.json").chmod(mode)
        with pytest.raises(UserError, match="by another user of this machine; stop the workspace"):
            read_serving(tmp_path)


def test_names_that_no_workspace_has_are_not_taken(tmp_path: Path) -> None:
    with serving_alone(tmp_path), listen() as control, listen() as token:
        env = job_environment(TARGET.workspace, tmp_path, control, token, "secret")
        announce(tmp_path, {**env, "LD_PRELOAD": "evil.so"})
        assert read_serving(tmp_path) == env


def test_a_workspace_that_nobody_serves_is_told_with_the_command_that_does(tmp_path: Path) -> None:
    with pytest.raises(NotServedError, match=r"is not served; .*python -m aml_pipelines workspace"):
        read_serving(tmp_path)


def test_a_workspace_whose_process_was_killed_is_not_served(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)

    assert (tmp_path / "registry" / "serving.json").is_file()
    with pytest.raises(NotServedError):
        read_serving(tmp_path)
    with serving_alone(tmp_path):
        announce(tmp_path, {"NO_PROXY": "anew"})
        assert read_serving(tmp_path) == {"NO_PROXY": "anew"}


def test_a_second_server_of_a_lake_is_refused_and_told_who_serves_it(tmp_path: Path) -> None:
    with (
        serving_alone(tmp_path),
        pytest.raises(AlreadyServedError, match=r"served already, by process \d+;"),
        serving_alone(tmp_path),
    ):
        pass
