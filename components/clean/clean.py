"""Clean the bronze rows of a dataset, and of those related to it, by their contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.clean import clean_dataset, count_broken_rules
from spark_jobs.lake import read_table
from spark_jobs.receipt import Receipt, TableReceipt
from spark_jobs.session import for_each, spark_session
from spark_jobs.storage import read_receipt, write_receipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    Tables = dict[str, TableReceipt]


def main(*, lake: str, dataset: str, ingested: str, receipt: str) -> None:
    with spark_session("clean") as spark:
        bronze = read_receipt(spark, ingested)

        def clean(session: SparkSession, name: str) -> tuple[Tables, dict[str, int]]:
            contract, arrived = load_dataset(name), bronze.detail(f"{name}/ingestion_ids")
            cleaned = clean_dataset(
                session, bronze.table(name), contract, lake_uri=lake, arrived=arrived
            )
            return cleaned, count_broken_rules(read_table(session, cleaned["quarantine"]))

        done = dict(zip(bronze.tables, for_each(spark, bronze.tables, clean), strict=True))
        tables = {
            f"{name}/{kind}": table
            for name, (cleaned, _) in done.items()
            for kind, table in cleaned.items()
        }
        own = tables[f"{dataset}/valid"]
        headline = f"{dataset}: {own.rows_out:,} rows valid, {dict(own.set_aside)} set aside"
        details = {"broken_rules": {name: broken for name, (_, broken) in done.items()}}
        write_receipt(spark, receipt, Receipt("clean", dataset, headline, tables, details))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
