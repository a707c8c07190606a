"""Clean the bronze rows of a dataset, and of those related to it, by their contracts."""

from __future__ import annotations

import argparse

from conf.dataset import load_dataset
from spark_jobs.clean import clean_dataset, count_broken_rules
from spark_jobs.lake import read_table
from spark_jobs.receipt import Receipt, TableReceipt
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, write_receipt


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--ingested", required=True)
    parser.add_argument("--receipt", required=True)
    return parser


def main(*, lake: str, dataset: str, ingested: str, receipt: str) -> None:
    with spark_session("clean") as spark:
        bronze = read_receipt(spark, ingested)
        tables: dict[str, TableReceipt] = {}
        broken: dict[str, dict[str, int]] = {}
        for name, table in bronze.tables.items():
            cleaned = clean_dataset(spark, table, load_dataset(name), lake_uri=lake)
            tables |= {f"{name}/{kind}": written for kind, written in cleaned.items()}
            broken[name] = count_broken_rules(read_table(spark, cleaned["quarantine"]))
        own = tables[f"{dataset}/valid"]
        headline = f"{dataset}: {own.rows_out:,} rows valid, {dict(own.set_aside)} set aside"
        details = {"broken_rules": broken}
        write_receipt(spark, receipt, Receipt("clean", dataset, headline, tables, details))


if __name__ == "__main__":
    main(**vars(arguments().parse_args()))
