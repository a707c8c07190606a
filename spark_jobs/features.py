"""Build the features of a dataset from silver, one row a valid row, and keep them up to date."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.done import recall, remember
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.judge import INGESTION_ID, ROW_ID
from spark_jobs.receipt import Counts, TableReceipt, check_balance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

FEATURE_SETS = "spark_jobs.feature_sets"


def build_features(
    spark: SparkSession, silver: Mapping[str, TableReceipt], contract: Dataset, *, lake_uri: str
) -> TableReceipt:
    """Bring the table of features up to date with exactly the versions of silver on its receipts.

    `silver` maps the dataset and those related to it to their valid rows. Raises ReceiptError when
    a join has lost or doubled a row.
    """
    uri = lake.table_uri(lake_uri, "gold", contract.name, "features")
    versions = {name: version_of(receipt) for name, receipt in sorted(silver.items())}
    made_from = fingerprint("build_features", versions, contract)
    done = recall(spark, lake_uri, "build_features", contract.name, made_from=made_from)
    if done:
        return done["features"]
    valid = {name: lake.read_table(spark, receipt) for name, receipt in silver.items()}
    rows = feature_rows(valid, contract).persist()
    try:
        rows_in, rows_out = silver[contract.name].rows_out, rows.count()
        check_balance(
            f"features of {contract.name!r}", rows_in=rows_in, rows_out=rows_out, set_aside={}
        )
        features = lake.sync_counted(
            rows, uri, key=contract.key, made_from=made_from, counts=Counts(rows_in, rows_out)
        )
    finally:
        rows.unpersist()
    tables = {"features": features}
    remember(spark, lake_uri, "build_features", contract.name, made_from=made_from, tables=tables)
    return features


def feature_rows(tables: Mapping[str, DataFrame], contract: Dataset) -> DataFrame:
    """Give the feature set of a dataset with its label and lineage.

    A dataset with joins has a module of its name in feature_sets; of any other, every column that
    its label is not computed from is a feature.
    """
    valid = tables[contract.name]
    kept = [ROW_ID, INGESTION_ID, *([contract.label.name] if contract.label else [])]
    label = contract.label.name if contract.label else None
    if contract.label:
        outcome = F.expr(contract.label.expression).cast("double")
        valid = valid.withColumn(contract.label.name, outcome)
    if find_spec(f"{FEATURE_SETS}.{contract.name}"):
        module = import_module(f"{FEATURE_SETS}.{contract.name}")
        rows: DataFrame = module.build({**tables, contract.name: valid}, label=label, kept=kept)
    else:
        hidden = label_columns(contract)
        rows = valid.select(*(c for c in contract.column_names if c not in hidden), *kept)
    return lake.with_row_hash(rows, rows.columns)


def label_columns(contract: Dataset) -> frozenset[str]:
    """Name the columns that a label is computed from: they tell it and can be no feature."""
    if not contract.label:
        return frozenset()
    words = re.findall(r"\w+", contract.label.expression)
    return frozenset(words) & frozenset(contract.column_names)
