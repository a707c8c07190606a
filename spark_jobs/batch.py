"""Select a batch from the features: the rows to be scored, without their outcome, in one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, INGESTION_ID, REASON, ROW_HASH, ROW_ID
from spark_jobs import lake
from spark_jobs.features import label_columns
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.judge import DUPLICATE
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.row_changes import with_row_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset


def select_batch(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    contract: Dataset,
    *,
    ingestion_ids: Sequence[str],
    lake_uri: str,
) -> dict[str, TableReceipt]:
    """Write the rows of some ingestions to two tables: `batch`, to be scored, and `rejected`.

    `tables` has features, bronze, quarantine and duplicates. The batch's id is a hash of all that
    it is made from, so that the same batch is the same table, written once. Raises ReceiptError
    unless each row that was ingested is in exactly one of the two.
    """
    versions = {name: version_of(receipt) for name, receipt in sorted(tables.items())}
    batch_id = fingerprint("select_batch", versions, sorted(ingestion_ids), contract)
    frames = {
        name: lake.read_table(spark, receipt).where(F.col(INGESTION_ID).isin(*ingestion_ids))
        for name, receipt in tables.items()
    }
    rows_in = frames["bronze"].count()
    record = {"step": "select_batch", "batch": batch_id}
    folder = lake.table_uri(lake_uri, "batches", contract.name, batch_id)
    rejected = lake.create_once(
        rejected_rows(frames["quarantine"], frames["duplicates"]),
        f"{folder}/rejected",
        record=record,
        rows_in=rows_in,
    )
    batch = lake.create_once(
        batch_rows(frames["features"], contract),
        f"{folder}/batch",
        record=record,
        rows_in=rows_in,
    )
    check_balance(
        f"batch of {contract.name!r}",
        rows_in=rows_in,
        rows_out=batch.rows_out,
        set_aside={"rejected": rejected.rows_out},
    )
    return {
        "batch": replace(batch, set_aside={"rejected": rejected.rows_out}),
        "rejected": replace(rejected, set_aside={"in_batch": batch.rows_out}),
    }


def batch_rows(features: DataFrame, contract: Dataset) -> DataFrame:
    """Return features without the label and the columns that it is computed from.

    ROW_HASH covers the key and what the model may see: a corrected row has another one.
    """
    label = [contract.label.name] if contract.label else []
    rows = features.drop(*label, *label_columns(contract), ROW_HASH, INGESTION_ID)
    return with_row_hash(rows, [name for name in rows.columns if name != ROW_ID])


def rejected_rows(quarantine: DataFrame, duplicates: DataFrame) -> DataFrame:
    """Return the rows that cannot be scored, each with its reason."""
    broken = quarantine.select(ROW_ID, F.concat_ws(", ", BROKEN_RULES).alias(REASON))
    losers = duplicates.select(ROW_ID, F.lit(DUPLICATE).alias(REASON))
    return broken.unionByName(losers)
