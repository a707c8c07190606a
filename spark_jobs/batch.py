"""Select a batch from the features: the rows to be scored, without their outcome, in one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    BROKEN_RULES,
    FEATURE_LINEAGE,
    FILE_MODIFIED,
    INGESTION_ID,
    REASON,
    ROW_HASH,
    ROW_ID,
)
from spark_jobs import lake
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.newest import newest_first
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.repaired import REPLACED
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.row_changes import with_row_hash
from spark_jobs.session import fit_to_rows
from spark_jobs.store_faults import naming_faults
from spark_jobs.verdict import DELETED, DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

PLACE = "_place"  # of a duplicate among those with its key, within this step


@naming_faults
@done_again_on_conflict
def select_batch(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    contract: Dataset,
    *,
    ingestion_ids: Sequence[str],
    lake_uri: str,
) -> dict[str, TableReceipt]:
    """Write the rows of some ingestions to two tables: `batch`, to be scored, and `rejected`.

    `tables` has features, bronze, quarantine and duplicates, and the deleted and repaired rows of a
    dataset that has such tables. The batch's id is a hash of all that it is made from, so that the
    same batch is the same table, written once. Raises ReceiptError unless each row that was
    ingested is in exactly one of the two.
    """
    versions = {name: version_of(receipt) for name, receipt in sorted(tables.items())}
    batch_id = fingerprint("select_batch", versions, sorted(ingestion_ids), contract)
    arrived = F.col(INGESTION_ID).isin(*ingestion_ids)
    fit_to_rows(spark, sum(receipt.rows_out for receipt in tables.values()))
    frames = {name: lake.read_table(spark, receipt) for name, receipt in tables.items()}
    bronze = frames["bronze"].where(arrived)
    losers = ranked_losers(frames["duplicates"].where(arrived), bronze, contract)
    deleted = frames.get("deleted", frames["duplicates"].limit(0))
    of_deleted = rows_of_deleted(deleted, losers, contract, ingestion_ids=ingestion_ids)
    losers = losers.join(of_deleted, on=[ROW_ID], how="left_anti")
    standing_in = stand_ins(losers, frames["features"].where(arrived), contract)
    rows_in = bronze.count()
    of = {"features": versions["features"], "ingestion_ids": sorted(ingestion_ids)}
    record = {"step": "select_batch", "batch": batch_id, **of}
    folder = lake.table_uri(lake_uri, "batches", contract.name, batch_id)
    refused = rejected_rows(frames["quarantine"].where(arrived), losers, standing_in, contract)
    refused = refused.unionByName(of_deleted)
    if "repaired" in frames:
        repaired = frames["repaired"].where(arrived)
        refused = refused.unionByName(rows_of_repaired(repaired, refused))
    rejected = lake.create_once(
        refused,
        f"{folder}/rejected",
        record=record,
        rows_in=rows_in,
    )
    batch = lake.create_once(
        batch_rows(frames["features"], standing_in, contract, ingestion_ids=ingestion_ids),
        f"{folder}/batch",
        record=record,
        rows_in=rows_in,
    )
    batch = lake.with_checksum(spark, batch)
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


def ranked_losers(duplicates: DataFrame, bronze: DataFrame, contract: Dataset) -> DataFrame:
    """Return key, ROW_ID and PLACE of duplicates: the first of a key would have won without others.

    Takes the duplicates of a batch, and their rows in bronze for when their files came.
    """
    came = [
        F.col(name) if name in bronze.columns else F.lit(None).alias(name)
        for name in (ARRIVAL, FILE_MODIFIED)
    ]
    same_key = Window.partitionBy(*contract.key).orderBy(*newest_first(contract))
    place = F.row_number().over(same_key).alias(PLACE)
    rows = duplicates.join(bronze.select(ROW_ID, *came), on=[ROW_ID], how="left")
    return rows.select(*contract.key, ROW_ID, place)


def rows_of_deleted(
    deleted: DataFrame, losers: DataFrame, contract: Dataset, *, ingestion_ids: Sequence[str]
) -> DataFrame:
    """Return the rows of a batch whose entity is deleted, with this as their reason.

    `deleted` has the row of each such entity by which it is, `losers` the batch's duplicates.
    """
    own = deleted.where(F.col(INGESTION_ID).isin(*ingestion_ids))
    lost = losers.join(deleted.select(*contract.key), on=list(contract.key), how="left_semi")
    told = (*contract.key, ROW_ID)
    rows = own.select(*told).unionByName(lost.select(*told))
    return rows.withColumn(REASON, F.lit(DELETED))


def rows_of_repaired(repaired: DataFrame, refused: DataFrame) -> DataFrame:
    """Return the rows of a batch that a repaired copy stands in for, with this as their reason.

    Their key is null, as it may not have been readable; the columns are those of `refused`.
    """
    known = {ROW_ID: F.col(ROW_ID), REASON: F.lit(REPLACED)}
    return repaired.select(
        *(
            known.get(field.name, F.lit(None).cast(field.dataType)).alias(field.name)
            for field in refused.schema
        )
    )


def stand_ins(losers: DataFrame, winners: DataFrame, contract: Dataset) -> DataFrame:
    """Return the duplicates that stand for their entity in a batch which its winner is not of.

    A batch is scored by entity: its row has a score though another file's row, with the outcome or
    a correction, has won since.
    """
    return (
        losers.where(F.col(PLACE) == 1)
        .join(winners.select(*contract.key), on=list(contract.key), how="left_anti")
        .select(*contract.key, ROW_ID)
    )


def batch_rows(
    features: DataFrame, standing_in: DataFrame, contract: Dataset, *, ingestion_ids: Sequence[str]
) -> DataFrame:
    """Return features without the label and the columns that it is computed from.

    A row that stands in for its entity has the features of the row that won. ROW_HASH covers the
    key and what the model may see: a corrected row has another one.
    """
    of_winners = features.drop(*FEATURE_LINEAGE).join(
        standing_in, on=list(contract.key), how="inner"
    )
    own = features.where(F.col(INGESTION_ID).isin(*ingestion_ids)).drop(INGESTION_ID)
    return without_outcome(own.unionByName(of_winners), contract)


def without_outcome(features: DataFrame, contract: Dataset) -> DataFrame:
    """Return features as they are scored, with a ROW_HASH of what is left of them."""
    label = [contract.label.name] if contract.label else []
    rows = features.drop(INGESTION_ID, *label, *contract.label_columns, ROW_HASH)
    return with_row_hash(rows, [name for name in rows.columns if name != ROW_ID])


def rejected_rows(
    quarantine: DataFrame, losers: DataFrame, standing_in: DataFrame, contract: Dataset
) -> DataFrame:
    """Return the rows that cannot be scored, each with its key, if it has one, and its reason."""
    broken = quarantine.select(*contract.key, ROW_ID, F.concat_ws(", ", BROKEN_RULES).alias(REASON))
    lost = losers.join(standing_in.select(ROW_ID), on=[ROW_ID], how="left_anti").select(
        *contract.key, ROW_ID, F.lit(DUPLICATE).alias(REASON)
    )
    return broken.unionByName(lost)
