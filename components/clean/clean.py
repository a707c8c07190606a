"""Clean the bronze rows of a dataset, and of those related to it, by their contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.clean import clean_datasets
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, write_receipt

if TYPE_CHECKING:
    from spark_jobs.receipt import TableReceipt


def main(*, lake: str, dataset: str, ingested: str, receipt: str) -> None:
    names = (dataset, *load_dataset(dataset).related)
    contracts = {name: load_dataset(name) for name in names}
    with spark_session("clean") as spark:
        cleaned = clean_datasets(spark, read_receipt(spark, ingested), contracts, lake_uri=lake)
        headline = f"{dataset}: {cleaned[dataset].headline}"
        tables: dict[str, TableReceipt] = {}
        for name, done in cleaned.items():
            tables |= name_tables(name, done.tables)
        details = {
            "broken_rules": {name: done.broken_rules for name, done in cleaned.items()},
            "warnings": {name: done.warnings for name, done in cleaned.items()},
            "findings": {
                name: [finding.sentence for finding in done.findings if finding.warns]
                for name, done in cleaned.items()
            },
        }
        written = Receipt("clean", dataset, headline, tables, details=details)
        write_receipt(spark, receipt, written)


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
