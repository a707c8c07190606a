"""Spark's event logs: how many jobs and stages ran, and what makes Spark write them."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where the event logs of what is measured are.
FOLDER_VARIABLE = "BENCH_EVENT_LOGS"
# Options of each JVM that spark-submit starts.
OPTIONS_VARIABLE = "SPARK_SUBMIT_OPTS"
_IN_PROGRESS = ".inprogress"
# Events are written by a thread of their own; a log that grows no more for so long has them all.
_CALM_SECONDS = 0.3


@dataclass(frozen=True)
class Executed:
    """The numbers of Spark's jobs, and of stages that were completed."""

    jobs: int
    stages: int


def logging_environment(folder: Path) -> dict[str, str]:
    """Return variables with which each Spark that is started writes its event log to `folder`.

    A file of settings would do as well, but in a folder that Java has on its class path: a JVM then
    takes no classes from the archive, which was made without that folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = (os.environ.get(OPTIONS_VARIABLE, ""), _options(folder))
    return {OPTIONS_VARIABLE: " ".join(options).strip(), FOLDER_VARIABLE: str(folder)}


def logging_options() -> str:
    """Return options of a JVM that do the same where what is measured sets these variables."""
    return _options(Path(os.environ[FOLDER_VARIABLE]))


def _options(folder: Path) -> str:
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": folder.as_uri(),
    }
    return " ".join(f"-D{name}={value}" for name, value in settings.items())


class EventLogs:
    """The event logs of a folder, from where they were last skipped to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, int] = {}

    def skip(self) -> None:
        """Leave what the logs have now out of what is read later."""
        self._await_calm()
        self._read = self._sizes()

    def executed(self) -> Executed:
        self._await_calm()
        kinds = Counter(json.loads(line)["Event"] for line in self._new_lines())
        return Executed(kinds["SparkListenerJobStart"], kinds["SparkListenerStageCompleted"])

    def _new_lines(self) -> Iterator[bytes]:
        for log in self._logs():
            with log.open("rb") as opened:
                opened.seek(self._read.get(_name(log), 0))
                yield from opened

    def _await_calm(self) -> None:
        sizes: dict[str, int] = {}
        while sizes != (sizes := self._sizes()):
            time.sleep(_CALM_SECONDS)

    def _sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for log in self._logs():
            with suppress(FileNotFoundError):  # renamed: its Spark has ended
                sizes[_name(log)] = log.stat().st_size
        return sizes

    def _logs(self) -> list[Path]:
        return [file for file in self._folder.glob("*") if not file.name.startswith(".")]


def _name(log: Path) -> str:
    return log.name.removesuffix(_IN_PROGRESS)
