"""Steps of our pipelines as functions on a lake, up to a table that some work starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.dataset import load_dataset
from spark_jobs.batch import select_batch
from spark_jobs.clean import clean_dataset
from spark_jobs.features import build_features
from spark_jobs.ingest import ARRIVAL_ORDER, ingest_source
from tests.bench.session import bench_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conf.dataset import Dataset
    from spark_jobs.ingest import Ingestion
    from spark_jobs.receipt import TableReceipt


def ingest(lake: Path, contract: Dataset) -> Ingestion:
    """Ingest the historic files of a lake."""
    return ingest_source(
        bench_session(), contract, lake_uri=str(lake), source="history", as_of=ARRIVAL_ORDER
    )


def tables_of_flights(lake: Path) -> Mapping[str, TableReceipt]:
    """Build the tables of all historic flights of a lake, up to features."""
    return _built(lake)[0]


def batch_of_flights(lake: Path) -> Mapping[str, TableReceipt]:
    """Let all historic flights of a lake be a batch; returns its tables, batch and rejected."""
    made_from, ids = _built(lake)
    flights = load_dataset("flights")
    return select_batch(bench_session(), made_from, flights, ingestion_ids=ids, lake_uri=str(lake))


def _built(lake: Path) -> tuple[Mapping[str, TableReceipt], tuple[str, ...]]:
    spark, flights = bench_session(), load_dataset("flights")
    contracts = {name: load_dataset(name) for name in (flights.name, *flights.related)}
    ingested = {name: ingest(lake, contract) for name, contract in contracts.items()}
    cleaned = {
        name: clean_dataset(spark, ingested[name].table, contract, lake_uri=str(lake))
        for name, contract in contracts.items()
    }
    silver = {name: each.tables["valid"] for name, each in cleaned.items()}
    made_from = {
        "bronze": ingested[flights.name].table,
        "quarantine": cleaned[flights.name].tables["quarantine"],
        "duplicates": cleaned[flights.name].tables["duplicates"],
        "features": build_features(spark, silver, flights, lake_uri=str(lake)),
    }
    return made_from, ingested[flights.name].ingestion_ids
