"""Clean the bronze rows of a dataset, and of those related to it, by their contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.clean import clean_dataset, count_broken_rules
from spark_jobs.lake import read_table
from spark_jobs.receipt import Receipt, TableReceipt, name_tables
from spark_jobs.session import map_in_sessions, spark_session
from spark_jobs.storage import read_receipt, write_receipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    Tables = dict[str, TableReceipt]


def main(*, lake: str, dataset: str, ingested: str, receipt: str) -> None:
    with spark_session("clean") as spark:
        bronze = read_receipt(spark, ingested)

        def clean(session: SparkSession, name: str) -> tuple[Tables, dict[str, int]]:
            rows, arrived = bronze.table("bronze", of=name), bronze.ingested(name)
            cleaned = clean_dataset(
                session, rows, load_dataset(name), lake_uri=lake, arrived=arrived
            )
            return cleaned, count_broken_rules(read_table(session, cleaned["quarantine"]))

        names = (dataset, *load_dataset(dataset).related)
        done = dict(zip(names, map_in_sessions(spark, names, clean), strict=True))
        tables: Tables = {}
        for name, (cleaned, _) in done.items():
            tables |= name_tables(name, cleaned)
        own = done[dataset][0]["valid"]
        headline = f"{dataset}: {own.rows_out:,} rows valid, {dict(own.set_aside)} set aside"
        details = {"broken_rules": {name: broken for name, (_, broken) in done.items()}}
        written = Receipt("clean", dataset, headline, tables, details=details)
        write_receipt(spark, receipt, written)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
