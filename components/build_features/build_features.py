"""Build the features of a dataset from the exact versions of silver on the receipt."""

from __future__ import annotations

from conf.arguments import arguments
from conf.dataset import load_dataset
from spark_jobs.features import build_features
from spark_jobs.receipt import Receipt, name_tables
from spark_jobs.session import spark_session
from spark_jobs.storage import read_receipt, write_receipt


def main(*, lake: str, dataset: str, cleaned: str, receipt: str) -> None:
    contract = load_dataset(dataset)
    with spark_session("build_features") as spark:
        cleaning = read_receipt(spark, cleaned)
        silver = {n: cleaning.table("valid", of=n) for n in (dataset, *contract.related)}
        features = build_features(spark, silver, contract, lake_uri=lake)
        headline = f"{dataset}: features of {features.rows_out:,} rows"
        tables = name_tables(dataset, {"features": features})
        write_receipt(spark, receipt, Receipt("build_features", dataset, headline, tables))


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
