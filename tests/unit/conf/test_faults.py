"""At a point a process ends, or waits, as a test has planned; and nothing happens without one."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from conf import faults

PROGRAM = """
from conf import faults
for name in ("one", "two"):
    with faults.around(name, f"/lake/20261126T074250_{name}/a/rows"):
        print(name, flush=True)
"""


def run_program(marks: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, faults.VARIABLE: str(marks)},
        capture_output=True,
        text=True,
        check=False,
    )


def plan(marks: Path, point: str, *, number: int = 1, action: str = "die") -> None:
    planned = {"point": point, "number": number, "action": action}
    (marks / faults.PLAN).write_text(json.dumps(planned))


def test_points_are_written_down_without_what_differs_from_run_to_run(tmp_path: Path) -> None:
    assert run_program(tmp_path).returncode == 0
    assert (tmp_path / faults.REACHED).read_text().splitlines() == [
        "-c: before one *_one/a/rows",
        "-c: after one *_one/a/rows",
        "-c: before two *_two/a/rows",
        "-c: after two *_two/a/rows",
    ]


def test_folders_that_are_made_for_a_while_have_no_name_in_a_point() -> None:
    made = tempfile.mkdtemp()
    Path(made).rmdir()
    assert faults.lasting(f"{made}/27184d500246f46b/python") == "*/*/python"


@pytest.mark.parametrize(
    ("point", "printed"),
    [("-c: before two *_two/a/rows", "one\n"), ("-c: after two *_two/a/rows", "one\ntwo\n")],
)
def test_a_process_ends_at_a_planned_point_and_the_next_one_does_not(
    tmp_path: Path, point: str, printed: str
) -> None:
    plan(tmp_path, point)
    ended = run_program(tmp_path)
    assert (ended.returncode, ended.stdout) == (faults.EXIT_CODE, printed)
    assert run_program(tmp_path).returncode == 0


def test_a_point_is_counted_over_all_processes(tmp_path: Path) -> None:
    plan(tmp_path, "-c: before one *_one/a/rows", number=2)
    assert [run_program(tmp_path).returncode for _ in range(3)] == [0, faults.EXIT_CODE, 0]


def test_a_point_tells_which_process_was_at_it_and_whether_a_folder_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, lake = tmp_path / "marks", tmp_path / "lake"
    marks.mkdir()
    (lake / "runs").mkdir(parents=True)
    (marks / faults.WATCHED).write_text(str(lake))
    monkeypatch.setenv(faults.VARIABLE, str(marks))
    for name in ("rows", "log.txt", ".rows.1.part", "rows"):
        faults.point("before")
        (lake / "runs" / name).write_text(f"{time.time_ns()}")
    faults.point("after")
    states = (marks / faults.STATES).read_text().splitlines()
    assert {state.split()[0] for state in states} == {str(os.getpid())}
    assert [state != before for before, state in itertools.pairwise(states)] == [
        *(True, False, False, True)
    ]


def test_a_process_waits_at_a_point_until_the_test_lets_it_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(faults.VARIABLE, str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["steps/clean.py"])
    plan(tmp_path, "clean: before commit silver/valid", action="wait")
    thread = threading.Thread(target=faults.point, args=("before commit", "silver/valid"))
    thread.start()
    while not (tmp_path / faults.WAITING).is_file():
        time.sleep(0.01)
    assert thread.is_alive()
    (tmp_path / faults.WAITING).unlink()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_without_a_folder_a_point_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(faults.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    faults.point("before commit", "silver/valid")
    assert not list(tmp_path.iterdir())
