"""What each Spark step of the main job moves between tasks: python -m tests.bench.shuffles."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environments.spark.java_home import java_home
from tests.bench.event_log import logging_environment
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MIB = 2**20
_NANOSECONDS = 1e9
PIPELINES = ("data", "training", "batch_inference")


@dataclass(frozen=True)
class Shuffled:
    """What one Spark step of a run did: tasks, their seconds of a core, and what they shuffled."""

    step: str
    tasks: int
    core_seconds: float
    rows: int
    bytes: int
    spilled: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        events = Path(folder, "events")
        # Workers of Python are started by the path of this process's interpreter.
        named = {"JAVA_HOME": str(java_home()), "PYSPARK_PYTHON": sys.executable}
        os.environ |= logging_environment(events) | named
        lake = BenchLake(Path(folder, "lake"))
        lake.begin(raw_flights(SIZES[options.size]))
        lake.run(*PIPELINES)
        logs = sorted(events.iterdir())
        steps = [shuffled_in(log.read_text("utf-8").splitlines()) for log in logs]
        sys.stdout.write("".join(f"{line}\n" for line in table_of(steps)))
    return 0


def shuffled_in(lines: Iterable[str]) -> Shuffled:
    """Sum what an event log tells of its application's tasks."""
    step, tasks = "", 0
    moved: Counter[str] = Counter()
    for event in map(json.loads, lines):
        if event["Event"] == "SparkListenerEnvironmentUpdate":
            step = event["Spark Properties"]["spark.app.name"]
        elif event["Event"] == "SparkListenerTaskEnd":
            tasks += 1
            moved.update(_moved(event.get("Task Metrics") or {}))
    core_seconds = moved["cpu"] / _NANOSECONDS
    return Shuffled(step, tasks, core_seconds, moved["rows"], moved["bytes"], moved["spilled"])


def _moved(metrics: dict[str, Any]) -> dict[str, int]:
    written = metrics.get("Shuffle Write Metrics", {})
    return {
        "cpu": metrics.get("Executor CPU Time", 0),
        "rows": written.get("Shuffle Records Written", 0),
        "bytes": written.get("Shuffle Bytes Written", 0),
        "spilled": metrics.get("Disk Bytes Spilled", 0),
    }


def table_of(steps: Iterable[Shuffled]) -> Iterator[str]:
    """Yield the lines of a table of steps, in the order of their logs."""
    yield "| step | tasks | core seconds | rows shuffled | MiB shuffled | MiB spilled |"
    yield "|---|---|---|---|---|---|"
    for each in steps:
        figures = f"{each.tasks} | {each.core_seconds:.1f} | {each.rows:,}"
        sizes = f"{each.bytes / _MIB:.1f} | {each.spilled / _MIB:.1f}"
        yield f"| {each.step} | {figures} | {sizes} |"


if __name__ == "__main__":
    sys.exit(main())
