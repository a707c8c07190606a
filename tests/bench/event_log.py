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

    The settings are a file beside it, as those of an installation are: no command names them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder.with_name(f"{folder.name}-conf")
    conf.mkdir(exist_ok=True)
    text = "".join(f"{name} {value}\n" for name, value in _settings(folder).items())
    (conf / "spark-defaults.conf").write_text(text, "utf-8")
    return {"SPARK_CONF_DIR": str(conf), FOLDER_VARIABLE: str(folder)}


def logging_options() -> str:
    """Return options of a JVM that do the same where SPARK_CONF_DIR is set by what is measured."""
    settings = _settings(Path(os.environ[FOLDER_VARIABLE]))
    return " ".join(f"-D{name}={value}" for name, value in settings.items())


def _settings(folder: Path) -> dict[str, str]:
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": folder.as_uri(),
    }


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
