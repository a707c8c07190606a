"""A lake whose raw files arrive day by day, and all steps with Spark of the three pipelines."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs import lake as tables
from spark_jobs.batch import select_batch
from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import table_exists
from spark_jobs.features import build_features
from spark_jobs.ingest import ARRIVAL_ORDER, ingest_source
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from spark_jobs.split import split_features
from tests.contracts import contract_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pyspark.sql import Row, SparkSession

    from conf.dataset import Dataset

TRIPS = contract_of("""
    sources: {arriving: {path: raw/*.csv, format: csv}}
    columns:
      trip: {type: int, required: true}
      km: {type: double, max: 100}
      took: {type: int}
    key: [trip]
    label: {name: is_late, expression: took > 15}
    split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
""")
HEAD = "trip,km,took\n"
# Each day has new trips, a correction, and a row that breaks a rule; by name in their order.
WEEK: Mapping[str, str] = {
    "1_monday": HEAD + "".join(f"{trip},{trip},{trip}\n" for trip in range(30)) + "x,1,1\n",
    "2_tuesday": HEAD + "40,4,10\n41,4,20\n42,5,30\n3,33,3\n43,999,1\n",
    "3_wednesday": HEAD + "50,5,10\n51,4,20\n52,5,30\n4,44,4\n?,1,1\n",
    "4_thursday": HEAD + "60,6,10\n61,4,20\n62,5,30\n5,55,5\n63,999,1\n",
}
DAYS = tuple(WEEK)
PLACES = (
    *("bronze/trips/rows", "quarantine/trips/rows", "silver/trips/duplicates"),
    *("silver/trips/deleted", "silver/trips/valid", "gold/trips/features", "gold/trips/train"),
    *("gold/trips/validation", "gold/trips/test", "gold/trips/scores"),
    "gold/trips/rejected_scores",
)
# What follows from which files arrived together.
_OF_ARRIVAL = {"_arrival", "_row_hash", "_row_id", "_file_modified", "input_hash"}


def _nothing() -> None:
    pass


def run_steps(
    spark: SparkSession,
    uri: str,
    *,
    until: str = "write_scores",
    before_step: Callable[[], None] = _nothing,
    contract: Dataset = TRIPS,
) -> None:
    """Do the steps of the pipelines on a lake, one after the other, up to one of them."""
    steps = _steps(spark, uri, contract)
    done = ""
    while done != until:
        before_step()
        done = next(steps)


def _steps(spark: SparkSession, uri: str, contract: Dataset) -> Iterator[str]:
    """Do a step each time that the next one is asked for, and yield its name."""
    ingestion = ingest_source(spark, contract, lake_uri=uri, source="arriving", as_of=ARRIVAL_ORDER)
    yield "ingest"
    cleaned = clean_dataset(spark, ingestion.table, contract, lake_uri=uri).tables
    yield "clean"
    features = build_features(spark, {"trips": cleaned["valid"]}, contract, lake_uri=uri)
    yield "build_features"
    split_features(spark, features, contract, lake_uri=uri)
    yield "split"
    made = {"bronze": ingestion.table, "features": features}
    aside = {name: cleaned[name] for name in ("quarantine", "duplicates")}
    ids = ingestion.ingestion_ids
    batch = select_batch(spark, {**made, **aside}, contract, ingestion_ids=ids, lake_uri=uri)
    yield "select_batch"
    scored = tables.read_table(spark, batch["batch"]).select(
        "_row_id", (F.col("trip") / 100).alias("score"), F.lit(0).alias("class")
    )
    write_scores(
        *(spark, batch["batch"], batch["rejected"], scored, contract),
        run=ScoreRun("late", "1", "7", "run", None),
        lake_uri=uri,
    )
    yield "write_scores"


def held(spark: SparkSession, uri: str) -> dict[str, list[str]]:
    """Return the rows of each table that is there, in order."""
    return {
        place: sorted(map(_told, spark.read.format("delta").load(f"{uri}/{place}").collect()))
        for place in PLACES
        if table_exists(spark, f"{uri}/{place}")
    }


def _told(row: Row) -> str:
    kept = {name: value for name, value in row.asDict().items() if name not in _OF_ARRIVAL}
    return json.dumps(kept, default=str)


@dataclass(frozen=True)
class Arriving:
    """A lake whose raw files arrive day by day; it can be put back to what it was when kept."""

    spark: SparkSession
    folder: Path

    def arrive(self, day: str) -> None:
        file = self.folder / "raw" / f"{day}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WEEK[day])
        os.utime(file, (DAYS.index(day), DAYS.index(day)))

    def run(
        self, *, until: str = "write_scores", before_step: Callable[[], None] = _nothing
    ) -> None:
        run_steps(self.spark, str(self.folder), until=until, before_step=before_step)

    def held(self) -> dict[str, list[str]]:
        return held(self.spark, str(self.folder))

    def checkpoint(self, place: str) -> None:
        """Let Delta write a checkpoint of a table's newest version, as it does of each tenth."""
        delta = self.spark._jvm.org.apache.spark.sql.delta  # type: ignore[union-attr] # noqa: SLF001
        session = self.spark._jsparkSession  # noqa: SLF001 # Delta has no Python for it
        delta.DeltaLog.forTable(session, f"{self.folder}/{place}").checkpoint()

    def keep(self) -> None:
        shutil.copytree(self.folder, self._kept)

    def put_back(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)

    @property
    def _kept(self) -> Path:
        return self.folder.with_name("kept")
