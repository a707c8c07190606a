"""A keeper lends its JVM to one run at a time, and never one in which a killed run may still work.

The JVM here is a process that says where it listens, as one of PySpark does.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.execution.jvm.kept import LentJvm, stop_kept_jvms, take_jvm
from aml_pipelines.execution.kept import FOLDER_VARIABLE, IDLE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAYS_WHERE = """#!{python}
import os, pathlib, struct, sys
answer = pathlib.Path(os.environ["_PYSPARK_DRIVER_CONN_INFO_PATH"])
part = answer.with_name("part")
part.write_bytes(struct.pack("!ii", os.getpid(), 6) + b"secret")
part.rename(answer)
sys.stdin.read()
"""


@pytest.fixture
def command(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    program = tmp_path / "pyspark/bin/spark-submit"
    program.parent.mkdir(parents=True)
    program.write_text(SAYS_WHERE.format(python=sys.executable))
    program.chmod(0o700)
    # Short, as the path of a socket must be.
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("j")))
    monkeypatch.setenv(IDLE_VARIABLE, "60")
    yield [str(program)]
    stop_kept_jvms()


def taken(command: list[str], **environment: str) -> LentJvm:
    lent = take_jvm(command, {"PATH": os.environ["PATH"], **environment})
    assert lent
    return lent


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def has_ended(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not runs(pid)


def test_the_next_run_has_the_jvm_that_the_last_one_has_given_back(command: list[str]) -> None:
    first = taken(command)
    first.give_back()
    second = taken(command)

    assert (second.port, second.secret) == (first.port, "secret")
    assert runs(first.port)


def test_two_runs_at_once_have_two_and_a_third_has_none(command: list[str]) -> None:
    first, second = taken(command), taken(command)

    assert first.port != second.port
    assert take_jvm(command, {"PATH": os.environ["PATH"]}) is None


def test_a_jvm_with_other_settings_is_another_one(command: list[str]) -> None:
    first = taken(command)
    first.give_back()

    assert taken([*command, "--driver-memory=2g"]).port != first.port
    assert taken(command, SPARK_SUBMIT_OPTS="-Xint").port != first.port


def test_the_jvm_of_a_run_that_was_killed_ends_and_is_not_lent_again(command: list[str]) -> None:
    first = taken(command)
    first.connection.close()  # as the kernel does for a process that it ends

    assert has_ended(first.port)
    assert taken(command).port != first.port


def test_a_run_that_was_interrupted_has_ended_its_jvm_when_it_goes_on(command: list[str]) -> None:
    first = taken(command)
    first.end()

    assert not runs(first.port)


def test_a_jvm_that_ended_by_itself_is_not_lent(command: list[str]) -> None:
    first = taken(command)
    first.give_back()
    psutil.Process(first.port).kill()

    assert has_ended(first.port)
    assert taken(command).port != first.port


def test_a_jvm_that_nobody_asks_for_ends(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDLE_VARIABLE, "0.1")
    first = taken(command)
    first.give_back()

    assert has_ended(first.port)


def test_the_command_lists_what_is_kept_and_ends_it(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    used, free = taken(command), taken(command)
    free.give_back()

    assert main(["jvm"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(", has")[0] for line in said] == [
        f"process {used.port} is used by a run",
        f"process {free.port} waits up to 60 s for a run",
    ]
    assert main(["jvm", "--stop"]) == 0
    assert main(["jvm"]) == 0
    assert capsys.readouterr().out == "2 JVMs and 0 servers of forks ended\nno JVM is kept\n"


def test_jvms_are_stopped_whether_a_run_has_them_or_not(command: list[str]) -> None:
    free, used = taken(command), taken(command)
    free.give_back()

    assert stop_kept_jvms() == 2
    assert not runs(free.port)
    assert not runs(used.port)
    assert stop_kept_jvms() == 0


def test_none_is_kept_when_the_time_is_nought(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDLE_VARIABLE, "0")

    assert take_jvm(command, {}) is None


def test_none_is_kept_where_another_user_could_take_it(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    for name in ("open", "link"):
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / name))
        assert take_jvm(command, {}) is None
    assert list((tmp_path / "open").iterdir()) == []


@pytest.mark.usefixtures("command")
def test_a_jvm_that_does_not_start_is_left_to_the_run_to_explain(tmp_path: Path) -> None:
    assert take_jvm([str(tmp_path / "no/bin/program")], {"PATH": os.environ["PATH"]}) is None
