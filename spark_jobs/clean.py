"""Clean bronze into silver: every row is valid, quarantined with its reasons, or a duplicate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, INGESTION_ID, ROW_ID
from spark_jobs import lake, step_state
from spark_jobs.expressions import check_expressions
from spark_jobs.fingerprint import fingerprint
from spark_jobs.judge import (
    judge_rows,
    select_duplicates,
    select_quarantined,
    select_valid,
)
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.step_state import StepState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.delta_log import Record

    Tables = dict[str, TableReceipt]

PLACES = {
    "quarantine": ("quarantine", "rows"),
    "duplicates": ("silver", "duplicates"),
    "valid": ("silver", "valid"),
}


class QualityError(RuntimeError):
    """More rows of a dataset broke its rules than the contract tolerates."""


def clean_dataset(
    spark: SparkSession,
    bronze: TableReceipt,
    contract: Dataset,
    *,
    lake_uri: str,
    arrived: Sequence[str] | None = None,
) -> Tables:
    """Judge bronze and bring the tables valid, quarantine and duplicates up to date.

    The outcome is a function of bronze and the contract: a changed contract re-judges every row,
    new rows are judged together with those that share a key with them, and unchanged ones write
    nothing. Raises ConfError for a rule or label that Spark does not take, and QualityError, after
    writing, when the quarantined share of the rows that have
    `arrived` (ingestion ids of the files that are there now; None means all rows) exceeds the
    contract's `max_quarantined`: a bad file that was removed or replaced does not count against
    later ones.
    """
    facts = {
        "rules": fingerprint("clean", contract),
        "bronze": bronze.id,
        "version": str(bronze.version),
    }
    last = step_state.load(spark, lake_uri, "clean", contract.name)
    if last is None or last.facts != facts:
        if last is None or last.facts["rules"] != facts["rules"]:
            check_expressions(spark, contract)
        rows = lake.read_table(spark, bronze)
        before = _rows_judged_before(rows, bronze, last, facts)
        uris = {
            name: lake.table_uri(lake_uri, layer, contract.name, table)
            for name, (layer, table) in PLACES.items()
        }
        if before is None:
            _judge_all(rows, contract, uris, facts)
        else:
            _judge_new(rows, before, contract, uris, facts)
        last = StepState(facts, _receipts(spark, uris, bronze, contract))
        step_state.save(spark, lake_uri, "clean", contract.name, last)
    _check_quality(spark, last.tables, bronze, contract, arrived)
    return dict(last.tables)


def count_broken_rules(quarantine: DataFrame) -> dict[str, int]:
    """Count how many quarantined rows broke each rule; a row that broke two counts for both."""
    broken = quarantine.select(F.explode(BROKEN_RULES).alias("rule")).groupBy("rule").count()
    return {row["rule"]: row["count"] for row in broken.orderBy("rule").collect()}


def rows_to_judge(
    bronze: DataFrame, before: DataFrame, kept: DataFrame, contract: Dataset
) -> DataFrame:
    """Return the rows whose verdict may differ from before: new ones and those that share a key.

    `before` is bronze as it was judged last, `kept` its valid rows and duplicates. A verdict
    depends on the row and the rows with its key alone, so no other can have changed.
    """
    judged = before.select(INGESTION_ID).distinct()  # all rows of a file have the same one
    new = bronze.join(F.broadcast(judged), on=[INGESTION_ID], how="left_anti")
    new_keys = select_valid(judge_rows(new, contract), contract).select(*contract.key).distinct()
    rivals = kept.join(new_keys, on=list(contract.key), how="left_semi").select(ROW_ID)
    if rivals.isEmpty():
        return new.select(*bronze.columns)
    old = bronze.join(rivals, on=[ROW_ID], how="left_semi")
    return new.unionByName(old)


def _rows_judged_before(
    rows: DataFrame, bronze: TableReceipt, last: StepState | None, facts: Mapping[str, str]
) -> DataFrame | None:
    """Return the version of bronze that all tables are up to date with; None without one."""
    if last is None or {**last.facts, "version": facts["version"]} != facts:
        return None
    version = int(last.facts["version"])
    if version > bronze.version:
        return None
    return lake.read_version(rows.sparkSession, bronze.uri, version)


def _judge_all(rows: DataFrame, contract: Dataset, uris: Mapping[str, str], record: Record) -> None:
    # Persisted, since one pass over the rows feeds all three tables.
    judged = judge_rows(rows, contract).persist()
    try:
        for name, part in _parts(judged, contract).items():
            lake.sync_table(part, uris[name], key=[ROW_ID], record=record)
    finally:
        judged.unpersist()


def _judge_new(
    rows: DataFrame,
    before: DataFrame,
    contract: Dataset,
    uris: Mapping[str, str],
    record: Record,
) -> None:
    stored = [rows.sparkSession.read.format("delta").load(uris[n]) for n in ("valid", "duplicates")]
    kept = stored[0].unionByName(stored[1])
    judged = judge_rows(rows_to_judge(rows, before, kept, contract), contract).persist()
    try:
        for name, part in _parts(judged, contract).items():
            lake.sync_rows(part, uris[name], key=[ROW_ID], among=judged, record=record)
    finally:
        judged.unpersist()


def _parts(judged: DataFrame, contract: Dataset) -> dict[str, DataFrame]:
    return {
        "quarantine": select_quarantined(judged, contract),
        "duplicates": select_duplicates(judged, contract),
        "valid": select_valid(judged, contract),
    }


def _receipts(
    spark: SparkSession, uris: Mapping[str, str], bronze: TableReceipt, contract: Dataset
) -> Tables:
    """Count the rows that the tables really hold, and compare them with bronze."""
    rows_in = bronze.rows_out
    tables = {name: lake.receipt_of(spark, uri, rows_in=rows_in) for name, uri in uris.items()}
    aside = {
        "quarantined": tables["quarantine"].rows_out,
        "duplicate": tables["duplicates"].rows_out,
    }
    valid = replace(tables["valid"], set_aside=aside)
    check_balance(
        f"clean of {contract.name!r}", rows_in=rows_in, rows_out=valid.rows_out, set_aside=aside
    )
    return {**tables, "valid": valid}


def _check_quality(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    bronze: TableReceipt,
    contract: Dataset,
    arrived: Sequence[str] | None,
) -> None:
    rows, quarantined = bronze.rows_out, tables["quarantine"].rows_out
    if quarantined and arrived is not None:
        rows = _count_arrived(lake.read_table(spark, bronze), arrived)
        quarantined = _count_arrived(lake.read_table(spark, tables["quarantine"]), arrived)
    if quarantined > contract.max_quarantined * rows:
        raise QualityError(
            f"dataset {contract.name!r}: {quarantined} of {rows} rows broke its rules, "
            f"more than the share of {contract.max_quarantined} that "
            f"conf/datasets/{contract.name}.yml tolerates; they stand with their reasons in "
            f"{tables['quarantine'].uri}: replace the file or correct the contract and run again"
        )


def _count_arrived(rows: DataFrame, arrived: Sequence[str]) -> int:
    return rows.where(F.col(INGESTION_ID).isin(*arrived)).count()
