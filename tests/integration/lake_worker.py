"""Does on a lake what it is told to, line by line, in a JVM of its own.

Each line of its input is an order, as JSON: what to do, on which lake, and with what. Each line of
its output is an answer: what was returned, or the error's class and text.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.session import spark_session
from tests.integration import arriving, incidents_at_once, runs_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import SparkSession

DONE, FAILED = "done", "failed"


def arrive(spark: SparkSession, lake: str, day: str) -> None:
    arriving.Arriving(spark, Path(lake)).arrive(day)


def run(spark: SparkSession, lake: str, until: str) -> None:
    arriving.run_steps(spark, lake, until=until)


def shell(_spark: SparkSession, lake: str, line: str) -> None:
    subprocess.run(["sh", "-c", line], cwd=lake, check=False)  # noqa: S607 # any shell


def work(spark: SparkSession, lake: str, work: str) -> None:
    runs_at_once.WORK[work](spark, lake)


ORDERS: Mapping[str, Callable[..., object]] = {
    "arrive": arrive,
    "run": run,
    "rows": arriving.held,
    "shell": shell,
    "work": work,
    "rows of work": runs_at_once.held,
    "versions of work": runs_at_once.versions,
    "record findings": incidents_at_once.record,
    "record another": incidents_at_once.record_of_another,
    "incidents": incidents_at_once.events,
}


def main() -> None:
    # Spark and its JVM may write to standard output too.
    answers, sys.stdout = sys.stdout, sys.stderr
    with spark_session("worker") as spark:
        for line in sys.stdin:
            order, lake, given = json.loads(line)
            answer: dict[str, object]
            try:
                answer = {DONE: ORDERS[order](spark, lake, **given)}
            except Exception as error:  # noqa: BLE001 # whoever ordered it looks at it
                answer = {FAILED: f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
