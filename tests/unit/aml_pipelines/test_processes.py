"""Child processes: ended as a group, and gone with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.processes import Child, Processes
from conf.target import REPOSITORY

SECONDS = 20.0


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def await_end(pid: int) -> bool:
    deadline = time.monotonic() + SECONDS
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def start(script: str, log: Path) -> Child:
    return Child(
        ["/bin/bash", "-c", script], log=log, environment={"PATH": os.environ["PATH"]}, speaks=True
    )


def test_the_end_of_a_child_is_the_end_of_what_it_started_though_that_ignores_the_signal(
    tmp_path: Path,
) -> None:
    script = "trap '' TERM; (trap '' TERM; echo $BASHPID; while true; do sleep 0.1; done)"
    child = start(script, tmp_path / "log.txt")
    grandchild = int(child.speech.readline())

    child.end(grace=0.2)

    assert not child.is_running
    assert await_end(grandchild)


def test_a_released_child_may_finish_its_work_before_it_is_killed(tmp_path: Path) -> None:
    script = "echo ready; cat; echo saved > saved.txt"
    child = Child(
        ["/bin/bash", "-c", script],
        log=tmp_path / "log.txt",
        environment={"PATH": os.environ["PATH"]},
        folder=tmp_path,
        speaks=True,
    )
    assert child.speech.readline() == b"ready\n"

    child.release(grace=SECONDS)

    assert (tmp_path / "saved.txt").read_text() == "saved\n"
    assert child.wait() == 0


PARENT = """
import sys
from pathlib import Path
from aml_pipelines.processes import Child
code = (
    "import sys; from aml_pipelines.processes import end_with_parent; import time; "
    "end_with_parent(); print('on', flush=True); time.sleep(60)"
)
child = Child([sys.executable, "-c", code], log=Path(sys.argv[1]), environment={}, speaks=True)
child.speech.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log.txt")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)

    assert await_end(child)


@pytest.mark.parametrize(
    ("script", "how"), [("exit 3", "ended with exit code 3"), ("kill $$", "ended by signal 15")]
)
def test_a_node_that_does_not_succeed_says_how_it_ended(
    script: str, how: str, tmp_path: Path
) -> None:
    with pytest.raises(NodeFailedError, match=how):
        Processes().run(
            ["/bin/bash", "-c", script],
            folder=tmp_path,
            environment={},
            log=tmp_path / "log.txt",
            timeout=None,
        )


def test_a_cancelled_run_starts_no_further_node(tmp_path: Path) -> None:
    processes = Processes()
    processes.end_all()

    with pytest.raises(NodeFailedError, match="was not started: the run was cancelled"):
        processes.run(
            ["/bin/true"], folder=tmp_path, environment={}, log=tmp_path / "log.txt", timeout=None
        )
