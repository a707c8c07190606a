"""A lake whose files arrive, are cleaned and scored as the two pipelines do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    from conf.dataset import Dataset
    from spark_jobs.ingest import Ingestion
    from spark_jobs.receipt import TableReceipt

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
    contract: Dataset = TRIPS

    def arrive(self, file: str, text: str) -> None:
        path = self.folder / "raw" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def clean(self, source: str) -> tuple[Ingestion, dict[str, TableReceipt]]:
        lake_uri = str(self.folder)
        ingestion = ingest_source(
            self.spark, self.contract, lake_uri=lake_uri, source=source, as_of=ARRIVAL_ORDER
        )
        cleaned = clean_dataset(
            self.spark, ingestion.table, self.contract, lake_uri=lake_uri
        ).tables
        features = build_features(
            self.spark, {"trips": cleaned["valid"]}, self.contract, lake_uri=lake_uri
        )
        return ingestion, {**cleaned, "features": features}

    def score(self, run_id: str, scores: Mapping[int, float | None]) -> dict[str, TableReceipt]:
        """Score the batch: `scores` has that of each trip."""
        ingestion, tables = self.clean("batch")
        names = ("quarantine", "duplicates", "features", "deleted", "repaired")
        selected = select_batch(
            self.spark,
            {"bronze": ingestion.table, **{n: tables[n] for n in names if n in tables}},
            self.contract,
            ingestion_ids=ingestion.ingestion_ids,
            lake_uri=str(self.folder),
        )
        given = self.spark.createDataFrame(list(scores.items()), "trip int, score double")
        batch = lake.read_table(self.spark, selected["batch"]).select("trip", "_row_id")
        scored = batch.join(given, on=["trip"], how="left").select(
            "_row_id", "score", F.lit(None).cast("int").alias("class")
        )
        return write_scores(
            *(self.spark, selected["batch"], selected["rejected"], scored, self.contract),
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
