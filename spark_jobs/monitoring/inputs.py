"""The tables that are watched, each at the version that is its newest when a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_jobs.delta_log import table_exists
from spark_jobs.lake import receipt_of, table_uri
from spark_jobs.monitoring.watching import WatchError
from spark_jobs.receipt import TableReceipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

PLACES = {
    "features": ("gold", "features"),
    "bronze": ("bronze", "rows"),
    "quarantine": ("quarantine", "rows"),
    "scores": ("gold", "scores"),
}
IF_THERE = "scores"


def newest_tables(
    spark: SparkSession, dataset: str, *, lake_uri: str, train: Mapping[str, str | int]
) -> dict[str, TableReceipt]:
    """Return receipts of a dataset's tables, and of `train` at the version that was published.

    Features first: what they were made from is then there. Watching is a run of its own, which no
    receipt of another one orders. Raises WatchError where the data pipeline has not run.
    """
    uris = {name: table_uri(lake_uri, layer, dataset, t) for name, (layer, t) in PLACES.items()}
    missing = [n for n, uri in uris.items() if n != IF_THERE and not table_exists(spark, uri)]
    if missing:
        raise WatchError(
            f"dataset {dataset!r}: the lake has no tables {missing}; "
            "run: python -m aml_pipelines run data"
        )
    there = {name: uri for name, uri in uris.items() if table_exists(spark, uri)}
    rows = int(train["rows"])
    learnt = TableReceipt(str(train["uri"]), str(train["id"]), int(train["version"]), rows, rows)
    return {**{name: receipt_of(spark, uri) for name, uri in there.items()}, "train": learnt}
