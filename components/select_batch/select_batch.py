"""Select the rows of the ingested files as a batch to be scored, without their outcome."""

from __future__ import annotations

import argparse

from conf.dataset import load_dataset
from spark_jobs.batch import select_batch
from spark_jobs.receipt import Receipt
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, write_receipt


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--ingested", required=True)
    parser.add_argument("--cleaned", required=True)
    parser.add_argument("--features", required=True)
    parser.add_argument("--receipt", required=True)
    return parser


def main(
    *, lake: str, dataset: str, ingested: str, cleaned: str, features: str, receipt: str
) -> None:
    contract = load_dataset(dataset)
    with spark_session("select_batch") as spark:
        ingestion, cleaning = read_receipt(spark, ingested), read_receipt(spark, cleaned)
        made_from = {
            "bronze": ingestion.table(dataset),
            "quarantine": cleaning.table(f"{dataset}/quarantine"),
            "duplicates": cleaning.table(f"{dataset}/duplicates"),
            "features": read_receipt(spark, features).table("features"),
        }
        ids = ingestion.detail(f"{dataset}/ingestion_ids")
        tables = select_batch(spark, made_from, contract, ingestion_ids=ids, lake_uri=lake)
        batch = tables["batch"]
        headline = f"{dataset}: {batch.rows_out:,} of {batch.rows_in:,} rows to be scored"
        write_receipt(spark, receipt, Receipt("select_batch", dataset, headline, tables))


if __name__ == "__main__":
    main(**vars(arguments().parse_args()))
