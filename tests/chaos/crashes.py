"""Ends something at a point of a stage, runs the same command again, and looks at what there is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import psutil

from aml_pipelines.execution.jvm.kept import kept_jvms
from aml_pipelines.files import read_json
from conf import faults
from tests.chaos.contents import contents_of, differences
from tests.chaos.machine import stop_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.chaos.stages import Job, Stage

_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0
_SERVER = "aml_pipelines.workspace.server"
# What a run leaves outside the lake for the next one, once on a machine: a folder's own name, and
# the program that nodes find as `python`, in a folder that is named after a hash.
_OF_THE_MACHINE = ("aml-pipelines-", " */*/python")
# Points of steps that have a session in the JVM.
_IN_SPARK = (" commit ", " text ")


class Ends(StrEnum):
    """What ends at a point."""

    PROCESS = "the process"
    JVM = "the JVM"
    WORKSPACE = "the workspace"
    BEFORE_THE_LOG = "the process, after data files and before their commit"
    MACHINE = "the machine, with what was not synced"


@dataclass(frozen=True)
class Crash:
    """A point of a stage, at which something ends the n-th time that it is reached."""

    stage: str
    point: str
    number: int
    ends: Ends


@dataclass(frozen=True)
class Outcome:
    """What became of a crash: how the disturbed run ended, and what differs after the next one."""

    crash: Crash
    first_code: int
    second_code: int
    differences: Sequence[str]
    text: str

    @property
    def is_equal(self) -> bool:
        return self.second_code == 0 and not self.differences


def crashes_of(stage: Stage) -> Iterator[Crash]:
    """Return each crash that can be at the points of a stage."""
    times: Counter[str] = Counter()
    for point in stage.points:
        if any(part in point for part in _OF_THE_MACHINE):
            continue
        times[point] += 1
        yield Crash(stage.pipeline, point, times[point], Ends.PROCESS)
        in_spark = any(word in f"{point} " for word in _IN_SPARK) and "database" not in point
        if in_spark:
            yield Crash(stage.pipeline, point, times[point], Ends.JVM)
        if in_spark and "after commit" in point:
            yield Crash(stage.pipeline, point, times[point], Ends.BEFORE_THE_LOG)
        if "registration" in point:
            yield Crash(stage.pipeline, point, times[point], Ends.WORKSPACE)
        if "registration" in point or "after commit" in point:
            yield Crash(stage.pipeline, point, times[point], Ends.MACHINE)


def alike(stage: Stage) -> dict[Crash, Crash]:
    """Map each crash of a stage to the last one that leaves the same behind.

    Between the one point and the other nothing was changed: the same process is at both, and the
    lake has the same files, but for those without a name yet. Which files a machine loses is by
    chance, so such a crash is like no other.
    """
    states: dict[tuple[str, int], str] = {}
    times: Counter[str] = Counter()
    for point, state in zip(stage.points, stage.states, strict=True):
        times[point] += 1
        states[point, times[point]] = state
    crashes = list(crashes_of(stage))
    last = {(each.ends, states[each.point, each.number]): each for each in crashes}
    return {
        each: each
        if each.ends == Ends.MACHINE
        else last[each.ends, states[each.point, each.number]]
        for each in crashes
    }


def crash(job: Job, stage: Stage, crash: Crash, marks: Path) -> Outcome:
    """Lay a stage's state out, disturb a run of it, run it again, and compare."""
    job.lay_out(stage)
    shutil.rmtree(marks, ignore_errors=True)
    marks.mkdir()
    waits = crash.ends != Ends.PROCESS
    plan = {"point": crash.point, "number": crash.number, "action": "wait" if waits else "die"}
    (marks / faults.PLAN).write_text(json.dumps(plan), "utf-8")
    began = time.time_ns()
    first = job.start(stage.pipeline, marks)
    if waits:
        _end(job, crash.ends, first.pid, _await(marks / faults.WAITING, first.poll))
        if crash.ends == Ends.MACHINE:
            lost = stop_machine(job.lake, began, marks / faults.REACHED, seed=str(crash))
            assert lost, "every file had reached the disk"
        (marks / faults.WAITING).unlink(missing_ok=True)
    text = first.communicate(timeout=300)[0]
    if (marks / faults.PLAN).exists():
        return Outcome(crash, first.returncode, 0, ["the point was not reached"], text)
    second = job.run(stage.pipeline)
    found = differences(contents_of(job.lake), stage.after)
    return Outcome(crash, first.returncode, second.code, found, text + second.text)


def _end(job: Job, ends: Ends, run: int, waiting: dict[str, object]) -> None:
    """End what is to end, while the point of `waiting` is stood at, in the run of that process."""
    if ends == Ends.MACHINE:
        its = psutil.Process(run)
        pids = [int(str(waiting["pid"])), *(jvm.pid for jvm in kept_jvms())]
        for process in [its, *its.children(recursive=True), *map(psutil.Process, pids)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    elif ends == Ends.JVM:
        for jvm in kept_jvms():
            if jvm.is_used:
                os.kill(jvm.pid, signal.SIGKILL)
    elif ends == Ends.WORKSPACE:
        (server,) = [
            child
            for child in psutil.Process(run).children(recursive=True)
            if _SERVER in child.cmdline()
        ]
        server.kill()
    else:
        os.kill(int(str(waiting["pid"])), signal.SIGKILL)
        log = job.lake / str(waiting["about"]).removeprefix(f"{job.lake}/") / "_delta_log"
        newest = max(log.glob("*.json"))
        newest.unlink()
        log.joinpath(f".{newest.name}.crc").unlink(missing_ok=True)


def _await(file: Path, ended: Callable[[], int | None]) -> dict[str, object]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if file.is_file() and file.read_text("utf-8"):
            told: dict[str, object] = read_json(file)
            return told
        if ended() is not None:
            return {}
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"nothing waits: {file}")
