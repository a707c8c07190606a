"""The main job in three stages on a small dataset, whose state can be laid out again and again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conf import faults
from tests.chaos.contents import contents_of
from tests.chaos.files import names_of_files
from tests.e2e.lake_runs import make_lake
from tests.e2e.word_labels import write_own
from tests.rooms import copy_rooms

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from tests.chaos.contents import Contents

STAGES = ("data", "training", "batch_inference")
DATASET = "crops"
# A row that breaks a rule, one without a key, and another version of a row, in either source.
_DIRTY = {
    "history": ("7,wet,5.0,loam,oat\n,1.0,5.0,loam,oat\n", 3),
    "batch": ("900,?,5,loam,\n", 245),
}


@dataclass(frozen=True)
class Stage:
    """A pipeline, the points that an undisturbed run of it reaches, and what the lake then has.

    `states` has, for each point, the process that reached it and a digest of the lake there.
    """

    pipeline: str
    before: Path
    points: tuple[str, ...]
    states: tuple[str, ...]
    after: Contents
    files: Counter[str]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and all that it printed."""

    code: int
    text: str


class Job:
    """A copy of the repository with the dataset's conf, and the lake that all stages are run on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lake = make_lake(folder)
        (folder / "repository").mkdir()
        self._repository = copy_rooms(folder / "repository")
        write_own(DATASET, repository=self._repository, lake=self.lake)
        for source, (lines, again) in _DIRTY.items():
            file = self.lake / "raw" / DATASET / source / "a.csv"
            text = file.read_text()
            repeated = next(line for line in text.splitlines() if line.startswith(f"{again},"))
            file.write_text(f"{text}{lines}{repeated}\n")

    def undisturbed(self, pipeline: str) -> Stage:
        """Run a pipeline on what the lake has, and keep what it had before."""
        before = self._folder / f"before-{pipeline}"
        shutil.copytree(self.lake, before, symlinks=True)
        marks = self._folder / f"points-{pipeline}"
        marks.mkdir()
        (marks / faults.WATCHED).write_text(str(self.lake), "utf-8")
        ended = self.run(pipeline, marks)
        if ended.code:
            raise AssertionError(f"{pipeline}: {ended.text}")
        points, states = (
            tuple((marks / name).read_text("utf-8").splitlines())
            for name in (faults.REACHED, faults.STATES)
        )
        after, files = contents_of(self.lake), names_of_files(self.lake)
        return Stage(pipeline, before, points, states, after, files)

    def lay_out(self, stage: Stage) -> None:
        """Let the lake be as it was before a stage; tables and assets name it by its path."""
        shutil.rmtree(self.lake)
        shutil.copytree(stage.before, self.lake, symlinks=True)

    def run(self, pipeline: str, marks: Path | None = None) -> Ended:
        """Run a pipeline, with the faults that a folder plans."""
        return _ended(self.start(pipeline, marks))

    def start(self, pipeline: str, marks: Path | None = None) -> subprocess.Popen[str]:
        return self._start("run", pipeline, f"--model={DATASET}_model", marks=marks)

    def command(self, *words: str) -> Ended:
        """Type a command on the lake."""
        return _ended(self._start(*words))

    def care(self, *words: str) -> dict[str, Any]:
        """Look for what crashes left, and return what is told of it."""
        ended = self.command("care", "--json", *words)
        if ended.code:
            raise AssertionError(ended.text)
        told: dict[str, Any] = json.loads(ended.text)
        return told

    def _start(self, *words: str, marks: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "aml_pipelines", *words, f"--target={self._folder}/local.yml"],
            cwd=self._repository,
            env=os.environ | ({faults.VARIABLE: str(marks)} if marks else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _ended(command: subprocess.Popen[str]) -> Ended:
    text = command.communicate(timeout=300)[0]
    return Ended(command.returncode, text)
