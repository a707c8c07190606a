"""All rows of some days are scored by another version of a model, beside the scores there are."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.batch_days import Days, DaysError, read_days, select_days
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from tests.contracts import contract_of
from tests.delta_logs import commits
from tests.integration.firm import TRIPS, Firm

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

DATED = contract_of("""
    sources:
      history: {path: raw/history/*.csv, format: csv}
      batch: {path: raw/batch/*.csv, format: csv}
    columns:
      trip: {type: int, required: true}
      began: {type: timestamp}
      took: {type: int}
    key: [trip]
    event_time: began
    missing_columns: "null"
    label: {name: is_late, expression: took > 15}
""")


@pytest.mark.slow
def test_days_are_scored_once_beside_what_is_there(spark: SparkSession, tmp_path: Path) -> None:
    firm = Firm(spark, tmp_path, DATED)
    lines = "1,2024-01-01T23:59:59,1\n2,2024-01-02T00:00:00,20\n3,2024-01-03T23:59:59,1\n"
    firm.arrive("history/a.csv", f"trip,began,took\n{lines}")
    firm.clean("history")
    firm.arrive("batch/b.csv", "trip,began\n4,2024-01-03T12:00:00\n")
    firm.score("run 1", {4: 0.4})
    _, tables = firm.clean("batch")
    done = backfill(firm, tables["features"], run="run 2")
    assert (done["scores"].rows_in, done["scores"].rows_out) == (3, 3)
    assert done["scores"].set_aside == {"rejected": 0}
    expected = [
        *((2, "2", 0.2, "run 2"), (3, "2", 0.3, "run 2")),
        *((4, "1", 0.4, "run 1"), (4, "2", 0.4, "run 2")),
    ]
    assert scores(firm) == expected
    (tmp_path / "done" / "trips" / "write_scores.json").unlink()
    backfill(firm, tables["features"], run="run 3")
    assert scores(firm) == expected
    assert len(commits(f"{tmp_path}/gold/trips/scores")) == 2
    nobody = Days(dt.date(2023, 1, 1), dt.date(2023, 12, 31))
    with pytest.raises(DaysError, match="'trips' has no row of 2023-01-01 to 2023-12-31"):
        select_days(spark, tables["features"], DATED, nobody, lake_uri=str(tmp_path))
    with pytest.raises(DaysError, match="'trips': its rows stand for no day; state 'event_time'"):
        select_days(spark, tables["features"], TRIPS, nobody, lake_uri=str(tmp_path))


def backfill(firm: Firm, features: TableReceipt, *, run: str) -> dict[str, TableReceipt]:
    """Score two days with version 2 of the model: each trip gets a tenth of its number."""
    days, uri = Days(dt.date(2024, 1, 2), dt.date(2024, 1, 3)), str(firm.folder)
    selected = select_days(firm.spark, features, DATED, days, lake_uri=uri)
    batch = lake.read_table(firm.spark, selected["batch"])
    assert not {"took", "is_late", "_ingestion_id"} & set(batch.columns)
    scored = batch.select(
        *("_row_id", (F.col("trip") / 10).alias("score"), F.lit(None).cast("int").alias("class"))
    )
    return write_scores(
        *(firm.spark, selected["batch"], selected["rejected"], scored, DATED),
        run=ScoreRun("late", "2", "7", run, None),
        lake_uri=uri,
    )


def scores(firm: Firm) -> list[tuple[object, ...]]:
    rows = firm.spark.read.format("delta").load(f"{firm.folder}/gold/trips/scores")
    told = rows.select("trip", "model_version", "score", "run_id")
    return sorted(map(tuple, told.collect()))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2024-01-01", "none", "are no two days; write them as 2024-01-31, or both as none"),
        ("2024-02-30", "2024-03-01", "are no two days"),
        ("2024-01-02", "2024-01-01", "last_day 2024-01-01 is before first_day 2024-01-02"),
    ],
)
def test_what_is_no_range_of_days_is_refused(first: str, last: str, said: str) -> None:
    with pytest.raises(DaysError, match=said):
        read_days(first, last)


def test_a_range_is_read_with_both_of_its_ends() -> None:
    assert read_days("none", "none") is None
    days = Days(dt.date(2024, 1, 31), dt.date(2024, 2, 1))
    assert read_days("2024-01-31", "2024-02-01") == days
