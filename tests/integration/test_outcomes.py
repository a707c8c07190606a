"""Outcomes arrive after their batch was scored: they win, they train, and scores stay."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.batch import select_batch
from spark_jobs.clean import clean_dataset
from spark_jobs.features import build_features
from spark_jobs.ingest import ARRIVAL_ORDER, ingest_source
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from tests.contracts import contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.ingest import Ingestion
    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    sources:
      history: {path: raw/history/*.csv, format: csv}
      batch: {path: raw/batch/*.csv, format: csv}
    columns:
      trip: {type: int, required: true}
      km: {type: double}
      took: {type: int}
    key: [trip]
    missing_columns: "null"
    label: {name: is_late, expression: took > 15}
""")


@dataclass(frozen=True)
class Firm:
    """A lake whose files arrive, are cleaned and scored as the two pipelines do it."""

    spark: SparkSession
    folder: Path

    def arrive(self, file: str, text: str) -> None:
        path = self.folder / "raw" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def clean(self, source: str) -> tuple[Ingestion, dict[str, TableReceipt]]:
        lake_uri = str(self.folder)
        ingestion = ingest_source(
            self.spark, TRIPS, lake_uri=lake_uri, source=source, as_of=ARRIVAL_ORDER
        )
        cleaned = clean_dataset(self.spark, ingestion.table, TRIPS, lake_uri=lake_uri)
        features = build_features(self.spark, {"trips": cleaned["valid"]}, TRIPS, lake_uri=lake_uri)
        return ingestion, {**cleaned, "features": features}

    def score(self, run_id: str, scores: Mapping[int, float | None]) -> dict[str, TableReceipt]:
        """Score the batch: `scores` has that of each trip."""
        ingestion, tables = self.clean("batch")
        names = ("quarantine", "duplicates", "features")
        selected = select_batch(
            self.spark,
            {"bronze": ingestion.table, **{name: tables[name] for name in names}},
            TRIPS,
            ingestion_ids=ingestion.ingestion_ids,
            lake_uri=str(self.folder),
        )
        given = self.spark.createDataFrame(list(scores.items()), "trip int, score double")
        batch = lake.read_table(self.spark, selected["batch"]).select("trip", "_row_id")
        scored = batch.join(given, on=["trip"], how="left").select(
            "_row_id", "score", F.lit(None).cast("int").alias("class")
        )
        return write_scores(
            *(self.spark, selected["batch"], selected["rejected"], scored, TRIPS),
            run=ScoreRun("late", "1", "7", run_id, None),
            lake_uri=str(self.folder),
        )

    def scores(self) -> list[tuple[int, float, str]]:
        rows = self.spark.read.format("delta").load(f"{self.folder}/gold/trips/scores")
        return sorted((row["trip"], row["score"], row["run_id"]) for row in rows.collect())

    def rejected(self) -> list[tuple[int | None, str]]:
        uri = f"{self.folder}/gold/trips/rejected_scores"
        rows = self.spark.read.format("delta").load(uri).collect()
        return sorted(((row["trip"], row["reason"]) for row in rows), key=str)


@pytest.fixture
def firm(spark: SparkSession, tmp_path: Path) -> Firm:
    return Firm(spark, tmp_path)


def took(firm: Firm, tables: Mapping[str, TableReceipt]) -> dict[int, int | None]:
    rows = lake.read_table(firm.spark, tables["valid"]).collect()
    return {row["trip"]: row["took"] for row in rows}


def test_a_scored_row_keeps_its_score_when_its_outcome_arrives(firm: Firm) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n2,3\n")
    firm.score("run 1", {1: 0.9, 2: 0.2})
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n2,3,5\n")
    _, tables = firm.clean("history")
    assert took(firm, tables) == {1: 20, 2: 5}
    again = firm.score("run 2", {1: 0.1, 2: 0.1})
    assert firm.scores() == [(1, 0.9, "run 1"), (2, 0.2, "run 1")]
    assert firm.rejected() == []
    assert (again["scores"].rows_in, again["scores"].rows_out) == (2, 2)


def test_of_a_batch_row_that_is_there_twice_the_same_one_is_scored_when_its_outcome_arrives(
    firm: Firm,
) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n1,9.5\n")
    firm.arrive("batch/tuesday.csv", "trip,km\n1,9.5\n")
    firm.score("run 1", {1: 0.9})
    uri = f"{firm.folder}/gold/trips/scores"
    first = firm.spark.read.format("delta").load(uri).collect()
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n")
    firm.score("run 2", {1: 0.1})
    firm.clean("history")
    firm.score("run 3", {1: 0.1})
    assert firm.spark.read.format("delta").load(uri).collect() == first
    assert firm.rejected() == [(1, "duplicate"), (1, "duplicate")]


def test_what_arrives_later_wins_though_nobody_states_a_date(firm: Firm) -> None:
    firm.arrive("history/z.csv", "trip,km,took\n1,9.5,20\n")
    firm.clean("history")
    firm.arrive("history/a.csv", "trip,km,took\n1,9.5,7\n")
    os.utime(firm.folder / "raw/history/a.csv", (0, 0))
    _, tables = firm.clean("history")
    assert took(firm, tables) == {1: 7}


def test_a_row_whose_outcome_is_known_does_not_lose_to_a_later_one_without(firm: Firm) -> None:
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n")
    firm.clean("history")
    firm.arrive("batch/monday.csv", "trip,km\n1,8.0\n")
    _, tables = firm.clean("batch")
    assert took(firm, tables) == {1: 20}
    firm.score("run 1", {1: 0.9})
    assert firm.scores() == [(1, 0.9, "run 1")]


def test_a_row_that_was_rejected_is_no_longer_once_its_trip_has_a_score(firm: Firm) -> None:
    firm.arrive("batch/monday.csv", "trip,km\n1,far\n2,3\n3,4\n")
    firm.score("run 1", {2: 0.2, 3: None})
    assert firm.rejected() == [(1, "km_is_a_double"), (3, "model_gave_no_score")]
    firm.arrive("batch/monday.csv", "trip,km\n1,9.5\n2,3\n3,5\n4,far\n")
    firm.score("run 2", {1: 0.9, 2: 0.1, 3: 0.3})
    assert firm.scores() == [(1, 0.9, "run 2"), (2, 0.2, "run 1"), (3, 0.3, "run 2")]
    assert firm.rejected() == [(4, "km_is_a_double")]
