"""Cleans flights by 16 rules from the receipt of their bronze: python -m …our_rules FOLDER LAKE."""

from __future__ import annotations

import sys
from pathlib import Path

from spark_jobs.clean import clean_dataset
from spark_jobs.receipt import FILE_NAME, parse_receipt
from tests.bench.flights_rules import flights_with_rules
from tests.bench.jobs.prepare_rules import RULES
from tests.bench.session import bench_session


def main(folder: str, lake: str) -> None:
    receipt = parse_receipt(Path(folder, FILE_NAME).read_text("utf-8"))
    spark = bench_session()
    clean_dataset(spark, receipt.table("bronze"), flights_with_rules(RULES), lake_uri=lake)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
