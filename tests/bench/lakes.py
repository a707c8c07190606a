"""A lake of the bench: its raw files, and the command line on it in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.kept import FOLDER_VARIABLE, IDLE_VARIABLE
from conf.target import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.bench.raw_flights import RawFlights

# A run that ends all that it has started.
LEAVES_NOTHING = {IDLE_VARIABLE: "0"}


class BenchError(RuntimeError):
    """A command of the bench failed, with what it printed."""


class BenchLake:
    """A lake in a folder; what tables and assets name by path stays valid when it is laid out."""

    def __init__(self, folder: Path, *, repository: Path = REPOSITORY) -> None:
        self._folder = folder
        self._repository = repository
        self.path = folder / "lake"
        self._kept = folder / "k"  # short: sockets are in it
        folder.mkdir(parents=True)
        names = {"subscription_id": "s", "resource_group": "g", "name": "w"}
        target = {"lake": str(self.path), "workspace": names, "spark": {"master": "local[*]"}}
        (folder / "local.yml").write_text(json.dumps(target))  # JSON is YAML

    def begin(self, raw: RawFlights) -> None:
        """Make the lake anew, with raw files alone."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()
        raw.link_into(self.path)

    def keep(self, name: str) -> None:
        """Keep the lake as it is now, to lay it out later."""
        _copy(self.path, self._folder / f"kept-{name}")

    def lay_out(self, name: str) -> None:
        """Let the lake be as it was when it was kept."""
        shutil.rmtree(self.path, ignore_errors=True)
        _copy(self._folder / f"kept-{name}", self.path)

    def run(self, *words: str) -> str:
        """Run pipelines in a process that finds nothing of an earlier run, and leaves nothing."""
        return self.command("run", *words, added=LEAVES_NOTHING)

    def run_and_keep(self, *words: str) -> str:
        """Run pipelines, and leave processes to the next run on this lake, as they do."""
        self._kept.mkdir(mode=0o700, exist_ok=True)
        return self.command("run", *words, added=self._keeping)

    def plan(self, *pipelines: str) -> str:
        return self.command("plan", *pipelines, added={})

    def stop_kept(self) -> None:
        """End what runs have left for the next one on this lake."""
        command = [sys.executable, "-m", "aml_pipelines", "jvm", "--stop"]
        run_command(command, folder=self._repository, added=self._keeping)

    @property
    def _keeping(self) -> dict[str, str]:
        return {FOLDER_VARIABLE: str(self._kept), IDLE_VARIABLE: "600"}

    def command(self, verb: str, *words: str, added: Mapping[str, str]) -> str:
        """Type a command on the lake, and return what it printed; raises BenchError."""
        target = self._folder / "local.yml"
        return aml_pipelines(verb, *words, target=target, added=added, folder=self._repository)


def aml_pipelines(
    *words: str, target: Path, added: Mapping[str, str], folder: Path = REPOSITORY
) -> str:
    """Type a command of this project on a target; returns what it printed; raises BenchError."""
    command = [sys.executable, "-m", "aml_pipelines", *words, f"--target={target}"]
    return run_command(command, folder=folder, added=added)


def _copy(lake: Path, to: Path) -> None:
    shutil.copytree(lake, to, symlinks=True, copy_function=_link_data)


def _link_data(source: str, target: str) -> None:
    """Link a file that nobody changes in place, as most gigabytes of a lake are; copy any other."""
    if Path(source).suffix in (".csv", ".parquet"):
        Path(target).hardlink_to(source)
    else:
        shutil.copy2(source, target)


def run_job(name: str, *words: str, added: Mapping[str, str] | None = None) -> str:
    """Run a script of `tests/bench/jobs`, and return what it printed; raises BenchError."""
    return run_command([sys.executable, "-m", f"tests.bench.jobs.{name}", *words], added=added)


def run_command(
    command: list[str], *, folder: Path = REPOSITORY, added: Mapping[str, str] | None = None
) -> str:
    """Run a command, and return what it printed; raises BenchError."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | dict(added or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout
