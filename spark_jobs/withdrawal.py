"""Withdraw one ingested file: its rows, and what was made of them, leave every table."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F

from conf.columns import INGESTION_ID, REASON, ROW_ID, SOURCE_FILE
from conf.dataset_learning import SPLITS
from spark_jobs import lake
from spark_jobs.delta_log import LakeError, table_exists
from spark_jobs.raw.sources import below
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.row_changes import with_row_hash
from spark_jobs.silver import PLACES as CLEANED
from spark_jobs.silver import RELEASED
from spark_jobs.storage import list_folders
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

NO_REASON = "not stated"
SCORED = ("scores", "rejected_scores", "held_scores")
# In this order: rows of splits are found by the features that they were made of.
TABLES = (
    *(("gold", name) for name in (*SPLITS, "features", *SCORED)),
    *CLEANED.values(),
    RELEASED,
    ("bronze", "rows"),
)


@dataclass(frozen=True)
class Withdrawal:
    """What was withdrawn: the ids by which the lake knew the file, and rows taken by table."""

    file: str
    ingestion_ids: tuple[str, ...]
    rows: Mapping[str, int]


@naming_faults
@done_again_on_conflict
def withdraw_file(
    spark: SparkSession, contract: Dataset, file: str, *, lake_uri: str, reason: str, erase: bool
) -> Withdrawal:
    """Take the rows of a file out of every table of a dataset, and never ingest its content again.

    `file` is its path below the lake. What is withdrawn is recorded first, so that the same call
    finishes what one before has begun. Each table has one commit, with file and reason. Rows that
    had lost to withdrawn ones come back when the dataset is cleaned again. With `erase`, files of
    older versions are deleted too: nothing can read them then. Raises LakeError for a file that
    the lake does not know.
    """
    ids = _known_ids(spark, contract, file, lake_uri)
    record = {"step": "withdraw", "file": file, "ingestion_ids": ids, "reason": reason}
    _record(spark, contract, file, ids, lake_uri=lake_uri, record=record)
    is_theirs = F.substring_index(ROW_ID, "-", 1).isin(*ids)
    uris = [lake.table_uri(lake_uri, layer, contract.name, name) for layer, name in TABLES]
    features = lake.table_uri(lake_uri, "gold", contract.name, "features")
    uris = [*_batches(spark, contract, lake_uri), *uris]
    taken = {}
    for uri in uris:
        if not table_exists(spark, uri):
            continue
        stored = spark.read.format("delta").load(uri)
        if ROW_ID in stored.columns:
            rows = lake.delete_where(spark, uri, is_theirs, record=record)
        elif table_exists(spark, features):
            made = spark.read.format("delta").load(features).where(is_theirs)
            rows = lake.withdraw(made, uri, key=contract.key, record=record)
        else:
            continue
        if rows:
            taken[below(lake_uri, uri)] = rows
    if erase:
        for uri in uris:
            _erase(spark, uri)
    return Withdrawal(file, tuple(ids), taken)


def withdrawn_ids(spark: SparkSession, contract: Dataset, *, lake_uri: str) -> frozenset[str]:
    """Return the ids of what must not be ingested again."""
    uri = _withdrawn(contract, lake_uri)
    if not table_exists(spark, uri):
        return frozenset()
    rows = spark.read.format("delta").load(uri).select(INGESTION_ID).collect()
    return frozenset(row[INGESTION_ID] for row in rows)


def _withdrawn(contract: Dataset, lake_uri: str) -> str:
    return lake.table_uri(lake_uri, "bronze", contract.name, "withdrawn")


def _known_ids(spark: SparkSession, contract: Dataset, file: str, lake_uri: str) -> list[str]:
    """Return the ids of all versions of a file, in bronze or withdrawn already."""
    names: set[str] = set()
    ids: set[str] = set()
    for uri in (
        lake.table_uri(lake_uri, "bronze", contract.name, "rows"),
        _withdrawn(contract, lake_uri),
    ):
        if table_exists(spark, uri):
            stored = spark.read.format("delta").load(uri).select(SOURCE_FILE, INGESTION_ID)
            for name, ingestion_id in stored.distinct().collect():
                names.add(name)
                ids |= {ingestion_id} if name == file else set()
    if not ids:
        near = difflib.get_close_matches(file, names, n=3) or sorted(names)[:3]
        raise LakeError(
            f"dataset {contract.name!r} has no rows of {file!r}; it has those of "
            f"{', '.join(near) or 'no file'}"
        )
    return sorted(ids)


def _record(
    spark: SparkSession,
    contract: Dataset,
    file: str,
    ids: Sequence[str],
    *,
    lake_uri: str,
    record: Mapping[str, object],
) -> None:
    columns = f"{INGESTION_ID} string, {SOURCE_FILE} string, {REASON} string"
    rows = spark.createDataFrame([(i, file, str(record["reason"])) for i in ids], columns)
    # The first reason stands: the hash does not cover it.
    hashed = with_row_hash(rows, [INGESTION_ID, SOURCE_FILE])
    lake.upsert_table(hashed, _withdrawn(contract, lake_uri), key=[INGESTION_ID], record=record)


def _batches(spark: SparkSession, contract: Dataset, lake_uri: str) -> list[str]:
    folder = f"{lake_uri.rstrip('/')}/batches/{contract.name}"
    return [
        f"{folder}/{batch}/{table}"
        for batch in list_folders(spark, folder)
        for table in ("batch", "rejected")
    ]


def _erase(spark: SparkSession, uri: str) -> None:
    """Delete all files that the newest version of a table does not need."""
    check = "spark.databricks.delta.retentionDurationCheck.enabled"
    if not table_exists(spark, uri):
        return
    spark.conf.set(check, "false")
    try:
        DeltaTable.forPath(spark, uri).vacuum(0)
    finally:
        spark.conf.unset(check)
