"""Ingest the raw files of a dataset, and of those related to it, into bronze."""

from __future__ import annotations

import argparse

from conf.dataset import load_dataset
from spark_jobs.ingest import ingest_source
from spark_jobs.receipt import Receipt
from spark_jobs.session import spark_session
from spark_jobs.storage import write_receipt


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--as_of", required=True)
    parser.add_argument("--receipt", required=True)
    return parser


def main(*, lake: str, dataset: str, source: str, as_of: str, receipt: str) -> None:
    contract = load_dataset(dataset)
    sources = [(contract, contract.source_or_error(source))]
    for related in map(load_dataset, contract.related):
        sources += [(related, name) for name in related.sources]
    with spark_session("ingest") as spark:
        ingested = {
            c.name: ingest_source(spark, c, lake_uri=lake, source=name, as_of=as_of)
            for c, name in sources
        }
        own = ingested[dataset]
        headline = f"{dataset}: {own.table.rows_out:,} rows in bronze, {own.new_files} new files"
        tables = {name: ingestion.table for name, ingestion in ingested.items()}
        details = {"ingestion_ids": list(own.ingestion_ids)}
        write_receipt(spark, receipt, Receipt("ingest", dataset, headline, tables, details))


if __name__ == "__main__":
    main(**vars(arguments().parse_args()))
