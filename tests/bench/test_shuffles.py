"""The tasks of an event log are summed by what they shuffle."""

from __future__ import annotations

import json

from tests.bench.shuffles import Shuffled, shuffled_in, table_of


def task(*, rows: int, size: int, seconds: float = 0.0, spilled: int = 0) -> str:
    written = {"Shuffle Records Written": rows, "Shuffle Bytes Written": size}
    metrics = {
        "Executor CPU Time": round(seconds * 1e9),
        "Disk Bytes Spilled": spilled,
        "Shuffle Write Metrics": written,
    }
    return json.dumps({"Event": "SparkListenerTaskEnd", "Task Metrics": metrics})


def test_tasks_are_summed_those_that_were_lost_too() -> None:
    named = {"spark.app.name": "clean"}
    lines = [
        json.dumps({"Event": "SparkListenerLogStart"}),
        json.dumps({"Event": "SparkListenerEnvironmentUpdate", "Spark Properties": named}),
        task(rows=5, size=2**20, seconds=1.5),
        task(rows=7, size=2**19, seconds=0.5, spilled=2**21),
        json.dumps({"Event": "SparkListenerTaskEnd", "Task Metrics": None}),
    ]
    found = shuffled_in(lines)
    assert found == Shuffled("clean", 3, 2.0, 12, 2**20 + 2**19, 2**21)
    assert [*table_of([found])][2] == "| clean | 3 | 2.0 | 12 | 1.5 | 2.0 |"
