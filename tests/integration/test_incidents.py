"""Incidents are recorded once, whoever else records at the same time, and keep their history."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from chispa import assert_df_equality

from conf import faults
from spark_jobs import retries
from spark_jobs.monitoring.incident_log import read_events, record_outcomes
from tests.delta_logs import operations
from tests.integration.incidents_at_once import HEALTH, NULLS, events, record

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
OPENED = [
    "1 opened realised_performance",
    "2 opened nulls",
    "3 claimed realised_performance retrain",
    "4 claimed realised_performance opened:team",
    "5 claimed nulls opened:team",
]
TO_DO = [
    *("realised_performance retrain []", "realised_performance opened:team []"),
    "nulls opened:team []",
]


def test_a_finding_is_a_row_with_cause_evidence_run_and_time(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = str(tmp_path)
    assert record(spark, lake, "run 1") == TO_DO
    assert events(spark, lake) == OPENED
    table = spark.read.format("delta").load(f"{lake}/gold/trips/incidents")
    columns = "kind string, `column` string, slice string, level string, cause string, "
    columns += "evidence string, run_id string, as_of string, event string"
    evidence = '{"reference": 0.8, "value": 0.6}'
    half = "km is null in half of the rows"
    expected = spark.createDataFrame(
        [
            ("nulls", "km", "all", "hold", half, evidence, "run 1", "2024-03-01", "opened"),
            ("nulls", "km", "all", "hold", half, evidence, "run 1", "2024-03-01", "claimed"),
        ],
        columns,
    )
    actual = table.where("kind = 'nulls'").select(*expected.columns)
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_what_was_recorded_again_commits_nothing_and_an_end_is_another_row(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake, uri = str(tmp_path), f"{tmp_path}/gold/trips/incidents"
    first = record(spark, lake, "run 1")
    assert record(spark, lake, "run 1") == first
    assert operations(uri) == ["WRITE"]
    outcomes = [{**each, "outcome": "done", "detail": "sent"} for each in _claims(spark, lake)]
    for _ in range(2):
        record_outcomes(spark, "trips", outcomes, run_id="run 1", lake_uri=lake)
    assert operations(uri) == ["WRITE", "WRITE"]
    later: dict[str, Any] = {**HEALTH, "last_day": "2024-03-02", "findings": [NULLS]}
    assert record(spark, lake, "run 2", later) == ["realised_performance ended:team []"]
    assert events(spark, lake) == [
        *OPENED,
        "6 done realised_performance retrain",
        "7 done realised_performance opened:team",
        "8 done nulls opened:team",
        "9 ended realised_performance",
        "10 claimed realised_performance ended:team",
    ]


def test_without_a_finding_there_is_no_table(spark: SparkSession, tmp_path: Path) -> None:
    assert record(spark, str(tmp_path), "run 1", {**HEALTH, "findings": []}) == []
    assert not (tmp_path / "gold").exists()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_two_runs_at_once_open_one_incident_and_act_on_it_once(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    marks, lake = tmp_path / "marks", f"{tmp_path}/lake"
    marks.mkdir()
    plan = {"point": f"run: {moment} commit gold/trips/incidents", "number": 1, "action": "wait"}
    (marks / faults.PLAN).write_text(json.dumps(plan))
    monkeypatch.setenv(faults.VARIABLE, str(marks))
    monkeypatch.setattr("sys.argv", ["run.py"])
    monkeypatch.setattr(retries, "WAITS", (0.0, 0.0))
    done: dict[str, list[str]] = {}
    standing = threading.Thread(target=lambda: done.update(first=record(spark, lake, "first")))
    standing.start()
    while not (marks / faults.WAITING).is_file() and standing.is_alive():
        time.sleep(0.01)
    done["second"] = record(spark, lake, "second")
    (marks / faults.WAITING).unlink()
    standing.join()
    opened = [event for event in events(spark, lake) if " opened " in event]
    assert opened == OPENED[:2]
    # Whoever came first acts; the other looks first whether that run is at it.
    first, other = ("second", "first") if moment == "before" else ("first", "second")
    assert done[first] == TO_DO
    assert done[other] == [told.replace("[]", f"['{first}']") for told in TO_DO]


def _claims(spark: SparkSession, lake: str) -> list[dict[str, Any]]:
    known = read_events(spark, "trips", lake_uri=lake).events
    names = ("incident", "action", "attempt")
    return [{n: getattr(e, n) for n in names} for e in known if e.event == "claimed"]
