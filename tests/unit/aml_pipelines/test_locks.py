"""Locks between processes: one holder at a time, known by what it wrote."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.locks import LockedError, exclusive, hold, hold_at_once, holder_of, is_held
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from aml_pipelines.locks import hold
with hold(Path(sys.argv[1]), {"job": "first"}):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(file: Path) -> subprocess.Popen[str]:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    return other


def test_a_lock_that_another_process_holds_is_refused_at_once_naming_it(tmp_path: Path) -> None:
    file = tmp_path / "registry" / "serving.lock"
    with holder(file) as other:
        with pytest.raises(LockedError, match=rf'"pid": "{other.pid}", "job": "first"'):
            hold_at_once(file, {}).__enter__()
        assert is_held(file)
        assert holder_of(file) == {"pid": str(other.pid), "job": "first"}

    assert not is_held(file)
    assert holder_of(file) == {}


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    file = tmp_path / ".lock"
    with holder(file) as other:
        other.kill()

    assert not is_held(file)
    with hold_at_once(file, {"job": "second"}):
        assert holder_of(file)["job"] == "second"


def test_who_waits_for_a_lake_says_whom_it_waits_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with holder(tmp_path / ".lock") as other, caplog.at_level(logging.WARNING):
        assert other.stdin
        other.stdin.close()  # it lets go a moment later
        with exclusive(tmp_path, {"job": "second"}):
            assert holder_of(tmp_path / ".lock")["job"] == "second"
    for message in caplog.messages:
        assert message.startswith(f"waiting for the lake {tmp_path}, which is held by ")


def test_a_lock_is_let_go_by_a_block_that_raises(tmp_path: Path) -> None:
    file = tmp_path / "setup.lock"

    def fail() -> None:
        with hold(file, {"job": "broken"}):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()

    assert not is_held(file)
    assert holder_of(file) == {}
