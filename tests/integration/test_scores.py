"""Scores are written back exactly once: each row of a batch has one, or a reason why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs import lake
from spark_jobs.batch import select_batch
from spark_jobs.delta_log import table_exists
from spark_jobs.row_changes import with_row_hash
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import ScoreError, write_scores
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    columns:
      trip: {type: int, required: true}
      km: {type: double}
      took: {type: int}
    key: [trip]
    label: {name: is_late, expression: took > 15}
""")
FIRST = ScoreRun("late", "1", "7", "run 1", "2024-01-31")
AGAIN = replace(FIRST, run_id="run 2", scored_as_of="2024-02-29", data_version="8")
Tables = dict[str, "TableReceipt"]


def batch_of(
    spark: SparkSession,
    folder: Path,
    name: str,
    rows: list[tuple[str, int, float]],
    rejected: list[tuple[str, str]],
    *,
    features: str = "",
) -> Tables:
    """Write the tables of one batch: rows to be scored, and rows rejected with their reason."""
    record = {"features": features}
    scored = spark.createDataFrame(rows, "_row_id string, trip int, km double")
    refused = spark.createDataFrame(
        [(None, *row) for row in rejected], "trip int, _row_id string, reason string"
    )
    total = len(rows) + len(rejected)
    return {
        table: lake.create_once(
            frame, f"{folder}/batches/{name}/{table}", record=record, rows_in=total
        )
        for table, frame in (
            ("batch", with_row_hash(scored, ["trip", "km"])),
            ("rejected", refused),
        )
    }


def scores_of(spark: SparkSession, *rows: tuple[str, float | None, int | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "_row_id string, score double, class int")


def write(
    spark: SparkSession, folder: Path, batch: Tables, scores: DataFrame, run: ScoreRun
) -> Tables:
    return write_scores(
        *(spark, batch["batch"], batch["rejected"], scores, TRIPS), run=run, lake_uri=str(folder)
    )


def written(spark: SparkSession, folder: Path) -> DataFrame:
    table = spark.read.format("delta").load(f"{folder}/gold/trips/scores")
    return table.select("trip", "_row_id", "score", "class", "model_version", "run_id")


def refused(spark: SparkSession, folder: Path) -> DataFrame:
    table = spark.read.format("delta").load(f"{folder}/gold/trips/rejected_scores")
    return table.select("_row_id", "reason", "model_version")


def expect_scores(spark: SparkSession, folder: Path, rows: list[tuple[object, ...]]) -> None:
    columns = (
        "trip int, _row_id string, score double, class int, model_version string, run_id string"
    )
    expected = spark.createDataFrame(rows, columns)
    actual = written(spark, folder)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def expect_refused(spark: SparkSession, folder: Path, rows: list[tuple[str, str, str]]) -> None:
    expected = spark.createDataFrame(rows, "_row_id string, reason string, model_version string")
    actual = refused(spark, folder)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_batch_scored_again_commits_nothing_and_a_row_without_a_score_says_so(
    spark: SparkSession, tmp_path: Path
) -> None:
    rows = [("r1", 1, 9.5), ("r2", 2, 3.0), ("r3", 3, 1.0)]
    batch = batch_of(spark, tmp_path, "a", rows, [("r4", "km_is_a_double")])
    scores = scores_of(spark, ("r1", 0.9, 1), ("r2", float("nan"), None), ("r3", None, None))
    tables = write(spark, tmp_path, batch, scores, FIRST)
    other_scores = scores_of(spark, ("r3", None, None), ("r2", float("nan"), 0), ("r1", 0.1, 0))
    again = write(spark, tmp_path, batch, other_scores, AGAIN)
    assert again == tables
    assert (tables["scores"].rows_in, tables["scores"].rows_out) == (4, 1)
    assert tables["scores"].set_aside == {"rejected": 3}
    expect_scores(spark, tmp_path, [(1, "r1", 0.9, 1, "1", "run 1")])
    no_score = "model_gave_no_score"
    expect_refused(
        spark,
        tmp_path,
        [("r2", no_score, "1"), ("r3", no_score, "1"), ("r4", "km_is_a_double", "1")],
    )
    assert operations(tables["scores"].uri) == operations(tables["rejected_scores"].uri)
    assert operations(tables["scores"].uri) == ["WRITE"]


def test_a_corrected_row_is_scored_anew_an_unchanged_one_keeps_its_score_a_rejected_one_loses_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    first = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5), ("r2", 2, 3.0), ("r3", 3, 1.0)], [])
    scores = scores_of(spark, ("r1", 0.1, 0), ("r2", 0.2, 0), ("r3", 0.3, 0))
    write(spark, tmp_path, first, scores, FIRST)
    second = batch_of(
        spark, tmp_path, "b", [("r4", 1, 10.5), ("r5", 2, 3.0)], [("r3", "duplicate")]
    )
    write(spark, tmp_path, second, scores_of(spark, ("r4", 0.8, 1), ("r5", 0.9, 1)), AGAIN)
    expect_scores(
        spark,
        tmp_path,
        [(1, "r4", 0.8, 1, "1", "run 2"), (2, "r5", 0.2, 0, "1", "run 1")],
    )
    expect_refused(spark, tmp_path, [("r3", "duplicate", "1")])


@pytest.mark.slow
def test_two_versions_of_a_model_have_their_scores_side_by_side(
    spark: SparkSession, tmp_path: Path
) -> None:
    batch = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [("r2", "duplicate")])
    write(spark, tmp_path, batch, scores_of(spark, ("r1", 0.1, 0)), FIRST)
    newer = replace(AGAIN, model_version="2")
    write(spark, tmp_path, batch, scores_of(spark, ("r1", 0.7, 1)), newer)
    expect_scores(
        spark, tmp_path, [(1, "r1", 0.1, 0, "1", "run 1"), (1, "r1", 0.7, 1, "2", "run 2")]
    )
    expect_refused(spark, tmp_path, [("r2", "duplicate", "1"), ("r2", "duplicate", "2")])


@pytest.mark.slow
def test_refusals_that_were_stored_without_a_key_stay_and_new_ones_have_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    none = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [("r0", "duplicate")])
    write(spark, tmp_path, none, scores_of(spark, ("r1", 0.1, 0)), FIRST)
    uri = f"{tmp_path}/gold/trips/rejected_scores"
    stored = spark.read.format("delta").load(uri).drop("trip").localCheckpoint()
    stored.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(uri)
    batch = batch_of(spark, tmp_path, "b", [("r2", 2, 9.5), ("r3", 3, 1.0)], [])
    write(spark, tmp_path, batch, scores_of(spark, ("r2", 0.1, 0), ("r3", None, None)), AGAIN)
    table = spark.read.format("delta").load(uri)
    expected = spark.createDataFrame(
        [("r0", "duplicate", None), ("r3", "model_gave_no_score", 3)],
        "_row_id string, reason string, trip int",
    )
    actual = table.select(*expected.columns)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_scores_that_are_not_those_of_the_batch_are_counted_and_nothing_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    batch = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5), ("r2", 2, 3.0)], [])
    scores = scores_of(spark, ("r1", 0.1, 0), ("r1", 0.2, 0), ("r9", 0.3, 0))
    message = "1 rows have no score, 1 have several, 1 are not of the batch; nothing was written"
    with pytest.raises(ScoreError, match=message):
        write(spark, tmp_path, batch, scores, FIRST)
    assert not table_exists(spark, f"{tmp_path}/gold/trips/scores")
    assert not table_exists(spark, f"{tmp_path}/gold/trips/rejected_scores")


@pytest.mark.slow
def test_classes_that_are_words_are_kept_with_their_probabilities_and_written_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    batch = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5), ("r2", 2, 3.0)], [])
    kinds = "_row_id string, score double, class string, probabilities map<string, double>"
    first = [("r1", 0.8, "oat", {"oat": 0.8, "rye": 0.2}), ("r2", None, None, None)]
    write(spark, tmp_path, batch, spark.createDataFrame(first, kinds), FIRST)
    corrected = batch_of(spark, tmp_path, "b", [("r1", 1, 9.5), ("r3", 3, 1.0)], [])
    later = [
        ("r1", 0.9, "rye", {"oat": 0.1, "rye": 0.9}),
        ("r3", 0.6, "rye", {"oat": 0.4, "rye": 0.6}),
    ]
    tables = write(spark, tmp_path, corrected, spark.createDataFrame(later, kinds), AGAIN)
    stored = spark.read.format("delta").load(tables["scores"].uri)
    expected = spark.createDataFrame([first[0], later[1]], kinds)
    actual = stored.select(*expected.columns).orderBy("_row_id")  # chispa cannot sort by a map
    assert_df_equality(actual, expected, ignore_nullable=True)
    again = write(spark, tmp_path, corrected, spark.createDataFrame(later, kinds), AGAIN)
    assert again == tables


def test_classes_of_another_type_than_the_tables_are_refused_before_a_row_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    batch = batch_of(spark, tmp_path, "a", [("r1", 1, 9.5)], [])
    tables = write(spark, tmp_path, batch, scores_of(spark, ("r1", 0.1, 0)), FIRST)
    words = spark.createDataFrame(
        [("r1", 0.8, "oat")], "_row_id string, score double, class string"
    )
    message = "scores: its classes are of type int, and the model's are not: the label has become"
    with pytest.raises(ScoreError, match=message):
        write(spark, tmp_path, batch, words, replace(AGAIN, model_version="2"))
    assert operations(tables["scores"].uri) == ["WRITE"]


@pytest.mark.slow
def test_a_batch_is_the_rows_of_its_ingestions_without_anything_of_the_label(
    spark: SparkSession, tmp_path: Path
) -> None:
    frames = {
        "bronze": spark.createDataFrame(
            [("r1", "i"), ("r2", "i"), ("r3", "i"), ("old", "h")],
            "_row_id string, _ingestion_id string",
        ),
        "features": spark.createDataFrame(
            [(1, 9.5, 20, 1.0, "r1", "i", 7), (2, 1.0, 2, 0.0, "old", "h", 7)],
            "trip int, km double, took int, is_late double, _row_id string, "
            "_ingestion_id string, _row_hash long",
        ),
        "quarantine": spark.createDataFrame(
            [(None, "r2", "i", ["a", "b"])],
            "trip int, _row_id string, _ingestion_id string, broken_rules array<string>",
        ),
        "duplicates": spark.createDataFrame(
            [("r3", "i", "raw/a.csv", "2024-01-01", 1, 9.0, 21, 5)],
            "_row_id string, _ingestion_id string, _source_file string, _as_of string, trip int, "
            "km double, took int, _row_hash long",
        ),
    }
    tables = {
        name: lake.create_once(frame, f"{tmp_path}/{name}", record={}, rows_in=4)
        for name, frame in frames.items()
    }

    def select(stated: Tables) -> Tables:
        return select_batch(spark, stated, TRIPS, ingestion_ids=["i"], lake_uri=str(tmp_path))

    found = select(tables)
    assert select(tables) == found
    batch = lake.read_table(spark, found["batch"])
    row = spark.createDataFrame([(1, 9.5, "r1")], "trip int, km double, _row_id string")
    assert_df_equality(batch.drop("_row_hash"), row, ignore_nullable=True)
    of_key_and_features = with_row_hash(batch, ["trip", "km"]).select("_row_hash")
    assert_df_equality(batch.select("_row_hash"), of_key_and_features, ignore_nullable=True)
    rejected = spark.createDataFrame(
        [(None, "r2", "a, b"), (1, "r3", "duplicate")], "trip int, _row_id string, reason string"
    )
    actual = lake.read_table(spark, found["rejected"])
    assert_df_equality(actual, rejected, ignore_row_order=True, ignore_nullable=True)
    assert (found["batch"].rows_in, found["batch"].rows_out) == (3, 1)
