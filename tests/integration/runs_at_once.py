"""What two runs do at once on one lake, on a folder or in a storage account, and what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.batch import select_batch
from spark_jobs.clean import clean_dataset
from spark_jobs.features import build_features
from spark_jobs.ingest import ingest_source
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from spark_jobs.session import SMALL_MACHINE
from spark_jobs.split import split_features
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

TRIPS = """
sources:
  history: {path: raw/*.csv, format: csv}
  batch: {path: new/*.csv, format: csv}
columns:
  trip: {type: int, required: true}
  km: {type: double}
  fare: {type: double, max: 100}
key: [trip]
missing_columns: "null"
label: {name: is_dear, expression: fare > 10}
split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
"""
MONDAY = (
    "trip,km,fare\n"
    + "".join(f"{trip},1,{trip}\n" for trip in range(40))
    + "7,1,7\nx,1,1\n8,1,200\n"
)
# A new trip, corrections of some in each split, and another bad row.
CORRECTED = "".join(f"{trip},2,{trip}\n" for trip in range(20))
TUESDAY = f"trip,km,fare\n50,1,5\n{CORRECTED}?,1,\n"
# To be scored: the second file corrects a trip of the first, and both have a row that is broken.
MORNING = "trip,km\n60,1\n61,2.5\n61,3\n?,4\n"
EVENING = "trip,km\n61,8\n62,7\n!,4\n"
FILES = {
    "monday": ("raw/monday.csv", MONDAY),
    "tuesday": ("raw/tuesday.csv", TUESDAY),
    # In the order of their names too: a storage account says in whole seconds when a file came.
    "morning": ("new/1_morning.csv", MORNING),
    "evening": ("new/2_evening.csv", EVENING),
}
# The work that two runs do, the file that is there, and one that the other run finds too.
FIRST_AND_SECOND = {"load": ("monday", "tuesday"), "score": ("morning", "evening")}
# What follows from when files arrived, and which together; and when a score was written.
OF_RUN = {"_file_modified", "_arrival", "_row_id", "_row_hash", "scored_at"}
# Each place of a run at which a table has a commit of its own.
CLEANED = (
    *("bronze/trips/rows", "quarantine/trips/rows", "silver/trips/duplicates"),
    *("silver/trips/valid", "gold/trips/features"),
)
DATA = (*CLEANED, "gold/trips/train", "gold/trips/validation", "gold/trips/test")
SCORED = (*CLEANED, "gold/trips/scores", "gold/trips/rejected_scores")
PLACES = {"load": DATA, "score": SCORED}
# The work, and each point at which a run of it can stand.
COMMITS = [
    (work, f"{moment} commit {place}")
    for work, places in PLACES.items()
    for place in places
    for moment in ("before", "after")
]


def load(spark: SparkSession, uri: str) -> dict[str, TableReceipt]:
    """Do what the data pipeline does, in a session of its own; return the receipts of splits."""
    session, contract = _session(spark), contract_of(TRIPS)
    bronze = ingest_source(session, contract, lake_uri=uri, source="history", as_of="arrival")
    tables = clean_dataset(session, bronze.table, contract, lake_uri=uri).tables
    features = build_features(session, {"trips": tables["valid"]}, contract, lake_uri=uri)
    return split_features(session, features, contract, lake_uri=uri)


def score(spark: SparkSession, uri: str) -> dict[str, TableReceipt]:
    """Do what batch inference does, in a session of its own: a trip's score follows from its km."""
    session, contract = _session(spark), contract_of(TRIPS)
    ingestion = ingest_source(session, contract, lake_uri=uri, source="batch", as_of="arrival")
    cleaned = clean_dataset(session, ingestion.table, contract, lake_uri=uri).tables
    features = build_features(session, {"trips": cleaned["valid"]}, contract, lake_uri=uri)
    tables = {name: cleaned[name] for name in ("quarantine", "duplicates")}
    selected = select_batch(
        session,
        {"bronze": ingestion.table, **tables, "features": features},
        contract,
        ingestion_ids=ingestion.ingestion_ids,
        lake_uri=uri,
    )
    rows = lake.read_table(session, selected["batch"])
    scores = rows.select(
        "_row_id", (F.col("km") / 10).alias("score"), F.lit(None).cast("int").alias("class")
    )
    return write_scores(
        *(session, selected["batch"], selected["rejected"], scores, contract),
        run=ScoreRun("dear", "1", "trips_batch:1", "run", None),
        lake_uri=uri,
    )


WORK = {"load": load, "score": score}


def held(spark: SparkSession, uri: str, work: str) -> dict[str, list[str]]:
    """Return the rows of each table that `work` writes, but for what differs from run to run."""
    return {
        place: sorted(
            json.dumps({k: v for k, v in row.asDict().items() if k not in OF_RUN}, default=str)
            for row in spark.read.format("delta").load(f"{uri}/{place}").collect()
        )
        for place in PLACES[work]
    }


def versions(spark: SparkSession, uri: str, work: str) -> dict[str, int]:
    """Return the newest version of each table that `work` writes."""
    return {
        place: spark.sql(f"DESCRIBE HISTORY delta.`{uri}/{place}`").first()["version"]  # type: ignore[index]
        for place in PLACES[work]
    }


def _session(spark: SparkSession) -> SparkSession:
    session = spark.newSession()
    for name, value in {**SMALL_MACHINE, "spark.sql.shuffle.partitions": "1"}.items():
        session.conf.set(name, value)
    return session
