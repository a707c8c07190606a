"""A process with a JVM of its own that does on a lake what it is told to, line by line.

Each line of its input is an order, as JSON: what to do, on which lake, and of which work. Each line
of its output is an answer: what was returned, or the error's class and text.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from spark_jobs.session import spark_session
from tests.integration.runs_at_once import WORK, held, versions

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DO, LOOK, LOOK_AT_VERSIONS = "do", "look", "look at versions"
DONE, FAILED = "done", "failed"


def main() -> None:
    # Spark and its JVM may write to standard output too.
    answers, sys.stdout = sys.stdout, sys.stderr
    with spark_session("worker") as spark:
        for line in sys.stdin:
            answer: dict[str, object]
            try:
                answer = {DONE: do(spark, **json.loads(line))}
            except Exception as error:  # noqa: BLE001 # whoever ordered it looks at it
                answer = {FAILED: f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)


def do(spark: SparkSession, *, order: str, lake: str, work: str) -> object:
    if order == LOOK:
        return held(spark, lake, work)
    if order == LOOK_AT_VERSIONS:
        return versions(spark, lake, work)
    WORK[work](spark, lake)
    return None


if __name__ == "__main__":
    main()
