"""The tables that rows are cleaned into: valid, quarantine, duplicates, deleted, and others."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.columns import INGESTION_ID, ROW_ID
from conf.rule_level import WARN
from spark_jobs import lake
from spark_jobs.delta_log import table_exists, table_state
from spark_jobs.judge import (
    judge_rows,
    rivals_in,
    select_deleted,
    select_duplicates,
    select_history,
    select_quarantined,
    select_valid,
    select_warned,
)
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.released import audit_released
from spark_jobs.repaired import (
    has_repairs,
    replaced_ids,
    select_repaired,
    standing,
)
from spark_jobs.session import persisted
from spark_jobs.verdict import DELETED, VALID, VERDICT
from spark_jobs.within import of_ingestions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset
    from spark_jobs.delta_log import Record, TableState

PLACES = {
    "quarantine": ("quarantine", "rows"),
    "duplicates": ("silver", "duplicates"),
    "deleted": ("silver", "deleted"),
    "valid": ("silver", "valid"),
    "warnings": ("quarantine", "warnings"),
    "history": ("silver", "history"),
    "repaired": ("quarantine", "repaired"),
}
RELEASED = ("quarantine", "released")  # an audit, which grows: no state of the rows
SELECT = {
    "quarantine": select_quarantined,
    "duplicates": select_duplicates,
    "deleted": select_deleted,
    "valid": select_valid,
    "warnings": select_warned,
    "history": select_history,
}


def cleaned_uris(
    spark: SparkSession, contract: Dataset, lake_uri: str, *, with_repairs: bool = False
) -> dict[str, str]:
    """Return where the tables of a dataset are.

    Warnings, deleted rows and a history have a table where a contract states them, or did before;
    repaired rows where bronze has any, or had.
    """
    uris = {
        name: lake.table_uri(lake_uri, layer, contract.name, table)
        for name, (layer, table) in PLACES.items()
    }
    warns = any(level.name == WARN for level in contract.levels.values())
    stated = {"warnings": warns, "deleted": contract.may_delete, "history": contract.history}
    stated["repaired"] = with_repairs
    unused = [name for name, is_stated in stated.items() if not is_stated]
    for name in unused:
        if not table_exists(spark, uris[name]):
            del uris[name]
    return uris


def judge_all(
    rows: DataFrame,
    contract: Dataset,
    uris: Mapping[str, str],
    record: Record,
    others: Mapping[str, DataFrame],
    *,
    released: str,
    many: bool,
) -> dict[str, TableState]:
    """Judge all rows, and return the tables as they then are.

    What leaves the quarantine is told in the table `released`. Of many rows, those that share their
    key are found first, and the others never moved.
    """
    stand = standing(rows)
    rivals = rivals_in(stand, contract) if many else None
    try:
        with persisted(judge_rows(stand, contract, referenced=others, rivals=rivals)) as judged:
            audit_released(judged, uris["quarantine"], released, record=record)
            return {
                name: lake.sync_table(
                    _selected(name, judged, rows, contract), uri, key=[ROW_ID], record=record
                )
                for name, uri in uris.items()
            }
    finally:
        if rivals:
            rivals.release()


def judge_new(
    rows: DataFrame,
    arrived: DataFrame,
    contract: Dataset,
    uris: Mapping[str, str],
    record: Record,
) -> dict[str, TableState]:
    """Judge what has `arrived` in bronze since it was judged last, with the rows of its keys.

    A verdict depends on the row and the rows with its key alone, so no other can have changed. Of
    bronze and of the tables, only files with a row of the same ingestions are read whole; keys are
    looked up in all.
    """
    new, spark = standing(arrived, among=rows), rows.sparkSession
    with persisted(judge_rows(new, contract)) as judged:
        rivals = rivals_of(judged, _rows_that_broke_nothing(spark, contract, uris), contract)
        with persisted(rivals) as rivals:
            if rivals.isEmpty():
                return _sync_judged(judged, rows, contract, uris, record)
            old = rows.where(of_ingestions(rivals)("")).join(
                rivals.select(ROW_ID), on=[ROW_ID], how="left_semi"
            )
            with persisted(judge_rows(new.unionByName(old), contract)) as judged_together:
                return _sync_judged(judged_together, rows, contract, uris, record)


def _sync_judged(
    judged: DataFrame,
    rows: DataFrame,
    contract: Dataset,
    uris: Mapping[str, str],
    record: Record,
) -> dict[str, TableState]:
    concerned = judged.select(ROW_ID)
    if has_repairs(rows):  # what a copy stands in for leaves the quarantine, and is not judged
        concerned = concerned.unionByName(replaced_ids(rows))
    # In every table, rows have the ingestion of their id, and copies that of their original.
    within = of_ingestions(judged)
    states = {}
    for name, uri in uris.items():
        selected = _selected(name, judged, rows, contract)
        if name != "repaired":
            states[name] = lake.sync_rows(
                selected, uri, key=[ROW_ID], among=concerned, record=record, within=within
            )
        elif table_exists(rows.sparkSession, uri):
            states[name] = lake.sync_rows(
                selected, uri, key=[ROW_ID], among=selected, record=record
            )
        else:
            states[name] = lake.sync_table(selected, uri, key=[ROW_ID], record=record)
    return states


def _selected(name: str, judged: DataFrame, rows: DataFrame, contract: Dataset) -> DataFrame:
    if name == "repaired":
        return select_repaired(judged, rows, contract)
    return SELECT[name](judged, contract)


def _rows_that_broke_nothing(
    spark: SparkSession, contract: Dataset, uris: Mapping[str, str]
) -> DataFrame:
    """Return key, ROW_ID and ingestion of the rows of tables, as these are before they are written.

    Their versions are named: of a table's newest version Spark drops what it has persisted when the
    table is written, and reads it again, with the rows that were judged meanwhile.
    """
    tables = [uris[name] for name in ("valid", "duplicates", "deleted") if name in uris]
    stored = [lake.read_version(spark, uri, table_state(spark, uri).version) for uri in tables]
    told = [rows.select(*contract.key, ROW_ID, INGESTION_ID) for rows in stored]
    return reduce(DataFrame.unionByName, told)


def rivals_of(judged: DataFrame, kept: DataFrame, contract: Dataset) -> DataFrame:
    """Return ROW_ID and ingestion of those rows, `kept` before, that share a key with a new one."""
    decisive = F.col(VERDICT).isin(VALID, DELETED)
    keys = judged.where(decisive).select(*contract.key).distinct()
    rivals = kept.join(keys, on=list(contract.key), how="left_semi")
    return rivals.select(ROW_ID, INGESTION_ID)


def cleaned_receipts(
    spark: SparkSession, states: Mapping[str, TableState], bronze: TableReceipt, contract: Dataset
) -> dict[str, TableReceipt]:
    """Count the rows that the tables really hold, and compare them with bronze."""
    rows_in = bronze.rows_out
    tables = {name: lake.receipt_at(spark, at, rows_in=rows_in) for name, at in states.items()}
    aside = {
        "quarantined": tables["quarantine"].rows_out,
        "duplicate": tables["duplicates"].rows_out,
    }
    aside |= {name: tables[name].rows_out for name in ("deleted", "repaired") if name in tables}
    valid = replace(tables["valid"], set_aside=aside)
    check_balance(
        f"clean of {contract.name!r}", rows_in=rows_in, rows_out=valid.rows_out, set_aside=aside
    )
    return {**tables, "valid": valid}
