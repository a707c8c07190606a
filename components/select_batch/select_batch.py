"""Select the rows of the ingested files as a batch to be scored, without their outcome."""

from __future__ import annotations

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.batch import select_batch
from spark_jobs.batch_days import read_days, select_days
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, write_receipt


def main(
    *,
    lake: str,
    dataset: str,
    ingested: str,
    cleaned: str,
    features: str,
    first_day: str,
    last_day: str,
    receipt: str,
) -> None:
    """Select the rows of the ingested files, or where days are stated all rows of these."""
    contract, days = load_dataset(dataset), read_days(first_day, last_day)
    with spark_session("select_batch") as spark:
        ingestion, cleaning = read_receipt(spark, ingested), read_receipt(spark, cleaned)
        built = read_receipt(spark, features).table("features")
        made_from = {
            "bronze": ingestion.table("bronze"),
            "quarantine": cleaning.table("quarantine"),
            "duplicates": cleaning.table("duplicates"),
            **cleaning.tables_if_there("deleted", "repaired"),
            "features": built,
        }
        ids = ingestion.ingested(dataset)
        tables = (
            select_days(spark, built, contract, days, lake_uri=lake)
            if days
            else select_batch(spark, made_from, contract, ingestion_ids=ids, lake_uri=lake)
        )
        batch = tables["batch"]
        headline = f"{dataset}: {batch.rows_out:,} of {batch.rows_in:,} rows to be scored"
        named = name_tables(dataset, tables)
        write_receipt(spark, receipt, Receipt("select_batch", dataset, headline, named))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
