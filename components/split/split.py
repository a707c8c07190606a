"""Split the features of a dataset into train, validation and test."""

from __future__ import annotations

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.split import split_features
from spark_jobs.storage import read_receipt, write_receipt


def main(*, lake: str, dataset: str, features: str, receipt: str) -> None:
    contract = load_dataset(dataset)
    with spark_session("split") as spark:
        table = read_receipt(spark, features).table("features")
        splits = split_features(spark, table, contract, lake_uri=lake)
        sizes = ", ".join(f"{part} {split.rows_out:,}" for part, split in splits.items())
        tables = name_tables(dataset, splits)
        write_receipt(spark, receipt, Receipt("split", dataset, f"{dataset}: {sizes}", tables))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
