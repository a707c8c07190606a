"""Scores wait while an incident holds them, whole, and are written once when they are released."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.delta_log import LakeError
from spark_jobs.monitoring.incident_log import read_events
from spark_jobs.release import BatchRelease, release_batch
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from spark_jobs.withdrawal import TABLES as WITHDRAWN
from tests.delta_logs import operations
from tests.integration.incidents_at_once import HEALTH, NULLS, record
from tests.integration.test_scores import TRIPS, batch_of, scores_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

RUN = ScoreRun("late", "1", "7", "run 1", "2024-01-31")
HOLDING = {**HEALTH, "findings": [NULLS]}


def write(
    spark: SparkSession,
    folder: Path,
    batch: dict[str, TableReceipt],
    *scores: float,
    run: str,
    model: str = "late",
) -> dict[str, TableReceipt]:
    """Score the rows r1, r2, … of a batch."""
    rows = scores_of(spark, *((f"r{n}", score, 1) for n, score in enumerate(scores, start=1)))
    written_by = replace(RUN, run_id=run, model_name=model)
    return write_scores(
        *(spark, batch["batch"], batch["rejected"], rows, TRIPS),
        run=written_by,
        lake_uri=str(folder),
    )


def release(spark: SparkSession, folder: Path, batch: str, person: str = "Ada") -> BatchRelease:
    return release_batch(
        spark, TRIPS, batch, person=person, as_of="2024-02-01", lake_uri=str(folder)
    )


def stored(spark: SparkSession, folder: Path, name: str, *columns: str) -> DataFrame:
    return spark.read.format("delta").load(f"{folder}/gold/trips/{name}").select(*columns)


def expect(actual: DataFrame, types: str, *rows: tuple[object, ...]) -> None:
    expected = actual.sparkSession.createDataFrame(list(rows), types)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def told(spark: SparkSession, folder: Path) -> list[tuple[str, ...]]:
    """Return the events of batches."""
    known = read_events(spark, "trips", lake_uri=str(folder)).events
    return [(e.event, e.batch, e.kind, e.run_id, e.person) for e in known if e.batch]


@pytest.mark.slow
def test_scores_wait_whole_while_an_incident_holds_them_and_are_released_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    first = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [])
    write(spark, tmp_path, first, 0.1, run="run 1")
    record(spark, str(tmp_path), "watch 1", HOLDING)
    rows = [("r1", 2, 3.0), ("r2", 3, 1.0)]
    second = batch_of(spark, tmp_path, "b", rows, [("r9", "duplicate")])
    held = write(spark, tmp_path, second, 0.7, 0.8, run="run 2")
    for _ in range(2):  # the same batch again, by another run
        assert write(spark, tmp_path, second, 0.5, 0.5, run="run 3") == held
    scores = held["scores"]
    assert (scores.rows_in, scores.rows_out, scores.set_aside) == (3, 0, {"held": 3})
    assert (held["held_scores"].rows_in, held["held_scores"].rows_out) == (3, 3)
    expect(stored(spark, tmp_path, "scores", "trip"), "trip int", (1,))
    expect(
        stored(spark, tmp_path, "held_scores", "_batch", "trip", "score", "reason", "run_id"),
        "_batch string, trip int, score double, reason string, run_id string",
        ("b", 2, 0.7, None, "run 2"),
        ("b", 3, 0.8, None, "run 2"),
        ("b", None, None, "duplicate", "run 2"),
    )
    assert told(spark, tmp_path) == [("held", "b", "nulls", "run 2", "")]

    assert release(spark, tmp_path, "b") == BatchRelease("b", 3, 1, "Ada")
    expect(
        stored(spark, tmp_path, "scores", "trip", "score", "run_id", "scored_as_of"),
        "trip int, score double, run_id string, scored_as_of string",
        (1, 0.1, "run 1", "2024-01-31"),
        (2, 0.7, "run 2", "2024-01-31"),
        (3, 0.8, "run 2", "2024-01-31"),
    )
    expect(
        stored(spark, tmp_path, "rejected_scores", "_row_id", "reason"),
        "_row_id string, reason string",
        ("r9", "duplicate"),
    )
    assert stored(spark, tmp_path, "held_scores", "trip").isEmpty()
    assert told(spark, tmp_path)[1:] == [("released", "b", "nulls", "run 2", "Ada")]
    before = [operations(f"{tmp_path}/gold/trips/{name}") for name in TABLES]
    assert release(spark, tmp_path, "b", "Bob") == BatchRelease("b", 0, 0, "Ada")
    after = write(spark, tmp_path, second, 0.2, 0.2, run="run 4")  # it is held no more
    assert after["scores"].set_aside == {"rejected": 1}
    assert [operations(f"{tmp_path}/gold/trips/{name}") for name in TABLES] == before


TABLES = ("scores", "rejected_scores", "held_scores", "incidents")


@pytest.mark.slow
def test_a_batch_after_one_that_waits_waits_too_and_they_are_released_in_order(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake_uri = str(tmp_path)
    write(spark, tmp_path, batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], []), 0.1, run="1")
    record(spark, lake_uri, "watch 1", HOLDING)
    write(spark, tmp_path, batch_of(spark, tmp_path, "b", [("r1", 2, 3.0)], []), 0.2, run="2")
    record(spark, lake_uri, "watch 2", {**HOLDING, "findings": [], "last_day": "2024-03-02"})
    corrected = batch_of(spark, tmp_path, "c", [("r1", 2, 4.0)], [])
    write(spark, tmp_path, corrected, 0.9, run="3")  # trip 2 again: the incident has ended
    with pytest.raises(LakeError, match=r"waits after batch 'b'.* release b"):
        release(spark, tmp_path, "c")
    with pytest.raises(LakeError, match=r"no scores of a batch 'x' of 'trips' are held; .*b, c"):
        release(spark, tmp_path, "x")
    for batch in ("b", "c"):
        release(spark, tmp_path, batch)
    expect(
        stored(spark, tmp_path, "scores", "trip", "score"),
        "trip int, score double",
        (1, 0.1),
        (2, 0.9),
    )
    write(spark, tmp_path, batch_of(spark, tmp_path, "d", [("r1", 4, 3.0)], []), 0.4, run="4")
    assert stored(spark, tmp_path, "scores", "trip").count() == 3  # nothing waits any more


@pytest.mark.slow
def test_scores_of_another_model_do_not_wait_and_keep_none_from_its_release(
    spark: SparkSession, tmp_path: Path
) -> None:
    record(spark, str(tmp_path), "watch 1", HOLDING)
    first = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [], features="t@1")
    write(spark, tmp_path, first, 0.1, run="run 1")
    later = batch_of(spark, tmp_path, "b", [("r1", 2, 9.5)], [], features="t@2")
    other = write(spark, tmp_path, later, 0.3, run="run 2", model="other")
    assert other["scores"].rows_out == 1
    release(spark, tmp_path, "a")
    expect(
        stored(spark, tmp_path, "scores", "trip", "score", "model_name"),
        "trip int, score double, model_name string",
        (2, 0.3, "other"),
        (1, 0.1, "late"),
    )


@pytest.mark.slow
def test_rows_that_are_withdrawn_while_they_wait_are_not_released(
    spark: SparkSession, tmp_path: Path
) -> None:
    record(spark, str(tmp_path), "watch 1", HOLDING)
    rows = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5), ("r2", 2, 3.0)], [])
    write(spark, tmp_path, rows, 0.1, 0.2, run="run 1")
    # As `withdraw` does with each table that has ids of rows; a test of it names the tables.
    lake.delete_where(
        spark, f"{tmp_path}/gold/trips/held_scores", F.col("_row_id") == "r1", record={}
    )
    assert ("gold", "held_scores") in WITHDRAWN
    assert release(spark, tmp_path, "a").rows == 1
    expect(stored(spark, tmp_path, "scores", "trip"), "trip int", (2,))


@pytest.mark.slow
def test_holding_and_releasing_that_were_broken_off_are_finished_by_the_same_again(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(spark, str(tmp_path), "watch 1", HOLDING)
    batch = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [("r9", "duplicate")])

    def broken(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    def break_off(place: str, work: Callable[[], object]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(lake, place, broken)
            with pytest.raises(KeyboardInterrupt):
                work()

    break_off("append_after", lambda: write(spark, tmp_path, batch, 0.1, run="run 1"))
    assert told(spark, tmp_path) == []
    write(spark, tmp_path, batch, 0.9, run="run 2")
    for place in ("append_after", "delete_where"):
        break_off(place, lambda: release(spark, tmp_path, "a"))
    assert release(spark, tmp_path, "a", "Bob") == BatchRelease("a", 0, 0, "Ada")
    expect(stored(spark, tmp_path, "scores", "trip", "score"), "trip int, score double", (1, 0.1))
    assert stored(spark, tmp_path, "held_scores", "trip").isEmpty()
    assert operations(f"{tmp_path}/gold/trips/scores") == ["WRITE"]
    assert told(spark, tmp_path) == [
        ("held", "a", "nulls", "run 2", ""),
        ("released", "a", "nulls", "run 2", "Ada"),
    ]
