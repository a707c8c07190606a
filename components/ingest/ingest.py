"""Ingest the raw files of a dataset, and of those related to it, into bronze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.ingest import Ingestion, ingest_source
from spark_jobs.receipt import Receipt, table_name
from spark_jobs.session import map_in_sessions, spark_session
from spark_jobs.storage import write_receipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from conf.dataset import Dataset


def main(*, lake: str, dataset: str, source: str, as_of: str, receipt: str) -> None:
    contract = load_dataset(dataset)
    # A lookup seldom has a source of that name; its first is where it arrives.
    sources = [(contract, contract.source_or_error(source))] + [
        (related, source if source in related.sources else first(related))
        for related in map(load_dataset, contract.related)
    ]
    with spark_session("ingest") as spark:

        def ingest(session: SparkSession, of: tuple[Dataset, str]) -> Ingestion:
            return ingest_source(session, of[0], lake_uri=lake, source=of[1], as_of=as_of)

        done = map_in_sessions(spark, sources, ingest)
        ingested = {contract.name: each for (contract, _), each in zip(sources, done, strict=True)}
        own = ingested[dataset]
        headline = f"{dataset}: {own.table.rows_out:,} rows in bronze, {own.new_files} new files"
        tables = {table_name(name, "bronze"): each.table for name, each in ingested.items()}
        ids = {name: each.ingestion_ids for name, each in ingested.items()}
        write_receipt(spark, receipt, Receipt("ingest", dataset, headline, tables, ids))


def first(contract: Dataset) -> str:
    return next(iter(contract.sources))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
