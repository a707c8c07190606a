"""What a node leaves in a session of its own ends with it; what is another node's goes on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.processes import Processes

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from aml_pipelines.processes import Child

# It starts a process in a session of its own, which starts another, and tells the second's id.
SLEEPING = """
import time
time.sleep(60)
"""
STARTING = f"""
import pathlib, subprocess, sys, time
left = subprocess.Popen([sys.executable, "-c", {SLEEPING!r}], start_new_session=True)
pathlib.Path("pid.new").write_text(str(left.pid))
pathlib.Path("pid.new").rename("pid")
time.sleep(60)
"""
LEAVING = f"""
import pathlib, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {STARTING!r}], start_new_session=True)
while not pathlib.Path("pid").exists():
    time.sleep(0.01)
raise SystemExit(int(sys.argv[1]))
"""


def variables(run: str, lake: str) -> dict[str, str]:
    return {"AZUREML_RUN_ID": run, "MLFLOW_TRACKING_URI": f"sqlite:///{lake}/mlflow.db"}


def node(folder: Path, environment: dict[str, str], code: int = 0) -> None:
    """Run a node that leaves a process, whose id is in its folder."""
    folder.mkdir()
    Processes().run(
        [sys.executable, "-c", LEAVING, str(code)],
        folder=folder,
        environment=environment,
        log=folder / "log.txt",
        timeout=30,
    )


def has_ended(folder: Path) -> bool:
    try:
        # Of a process that has ended, its parent may not know yet.
        return psutil.Process(int((folder / "pid").read_text())).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_what_a_node_has_left_in_other_sessions_ends_with_it(tmp_path: Path) -> None:
    node(tmp_path / "node", variables("a", "lake"))

    assert has_ended(tmp_path / "node")


def test_it_ends_too_when_the_node_fails(tmp_path: Path) -> None:
    with pytest.raises(NodeFailedError):
        node(tmp_path / "node", variables("a", "lake"), code=3)

    assert has_ended(tmp_path / "node")


@pytest.mark.parametrize("other", [variables("b", "lake"), variables("a", "another lake")])
def test_the_processes_of_another_node_go_on(tmp_path: Path, other: dict[str, str]) -> None:
    with sleeping(tmp_path, other) as running:
        node(tmp_path / "node", variables("a", "lake"))
        assert has_ended(tmp_path / "node")
        assert running.is_running


def test_a_process_that_is_older_than_the_node_is_not_its_own(tmp_path: Path) -> None:
    with sleeping(tmp_path, variables("a", "lake")) as older:
        time.sleep(2)  # starts are told apart by seconds
        node(tmp_path / "node", variables("a", "lake"))
        assert has_ended(tmp_path / "node")
        assert older.is_running


def sleeping(folder: Path, environment: dict[str, str]) -> AbstractContextManager[Child]:
    return Processes().started(
        [sys.executable, "-c", SLEEPING],
        folder=folder,
        environment=environment,
        log=folder / "log.txt",
    )
