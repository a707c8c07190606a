"""Turn bronze into silver: every row ends valid, quarantined with its reasons, or a duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs import lake
from spark_jobs.done import recall, remember
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.judge import (
    BROKEN_RULES,
    DUPLICATE,
    QUARANTINED,
    ROW_ID,
    VALID,
    VERDICT,
    judge_rows,
    select_duplicates,
    select_quarantined,
    select_valid,
)
from spark_jobs.receipt import Counts, TableReceipt, check_balance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset


class QualityError(RuntimeError):
    """More rows of a dataset broke its rules than the contract tolerates."""


def clean_dataset(
    spark: SparkSession, bronze: TableReceipt, contract: Dataset, *, lake_uri: str
) -> dict[str, TableReceipt]:
    """Judge all of bronze and bring the tables valid, quarantine and duplicates up to date.

    The outcome is a function of bronze and the contract: a changed contract re-judges every row,
    and unchanged ones write nothing. Raises QualityError, after writing, when the quarantined share
    exceeds the contract's `max_quarantined`; bronze and quarantine then tell why.
    """
    made_from = fingerprint("clean", version_of(bronze), contract)
    done = recall(spark, lake_uri, "clean", contract.name, made_from=made_from)
    if done is None:
        done = _clean(spark, bronze, contract, lake_uri=lake_uri, made_from=made_from)
        remember(spark, lake_uri, "clean", contract.name, made_from=made_from, tables=done)
    _check_quality(done, contract)
    return done


def _clean(
    spark: SparkSession,
    bronze: TableReceipt,
    contract: Dataset,
    *,
    lake_uri: str,
    made_from: str,
) -> dict[str, TableReceipt]:
    # Persisted, since one pass over the rows feeds the counts and all three tables.
    judged = judge_rows(lake.read_table(spark, bronze), contract).persist()
    try:
        return _write(judged, bronze, contract, lake_uri=lake_uri, made_from=made_from)
    finally:
        judged.unpersist()


def _write(
    judged: DataFrame, bronze: TableReceipt, contract: Dataset, *, lake_uri: str, made_from: str
) -> dict[str, TableReceipt]:
    verdicts = count_verdicts(judged)
    valid, quarantined, duplicate = (verdicts[v] for v in (VALID, QUARANTINED, DUPLICATE))
    aside = {"quarantined": quarantined, "duplicate": duplicate}
    check_balance(
        f"clean of {contract.name!r}", rows_in=bronze.rows_out, rows_out=valid, set_aside=aside
    )
    quarantine = lake.sync_counted(
        select_quarantined(judged),
        lake.table_uri(lake_uri, "quarantine", contract.name, "rows"),
        key=[ROW_ID],
        made_from=made_from,
        counts=Counts(bronze.rows_out, quarantined, {}),
    )
    duplicates = lake.sync_counted(
        select_duplicates(judged, contract),
        lake.table_uri(lake_uri, "silver", contract.name, "duplicates"),
        key=[ROW_ID],
        made_from=made_from,
        counts=Counts(bronze.rows_out, duplicate, {}),
    )
    silver = lake.sync_counted(
        select_valid(judged, contract),
        lake.table_uri(lake_uri, "silver", contract.name, "valid"),
        key=[ROW_ID],
        made_from=made_from,
        counts=Counts(bronze.rows_out, valid, aside),
    )
    return {"valid": silver, "quarantine": quarantine, "duplicates": duplicates}


def count_verdicts(judged: DataFrame) -> dict[str, int]:
    counted = {row[VERDICT]: row["count"] for row in judged.groupBy(VERDICT).count().collect()}
    return {verdict: counted.get(verdict, 0) for verdict in (VALID, QUARANTINED, DUPLICATE)}


def count_broken_rules(quarantine: DataFrame) -> dict[str, int]:
    """Count how many quarantined rows broke each rule; a row that broke two counts for both."""
    broken = quarantine.select(F.explode(BROKEN_RULES).alias("rule")).groupBy("rule").count()
    return {row["rule"]: row["count"] for row in broken.orderBy("rule").collect()}


def _check_quality(tables: Mapping[str, TableReceipt], contract: Dataset) -> None:
    valid = tables["valid"]
    quarantined = valid.set_aside["quarantined"]
    if quarantined > contract.max_quarantined * valid.rows_in:
        raise QualityError(
            f"dataset {contract.name!r}: {quarantined} of {valid.rows_in} rows broke its rules, "
            f"more than the share of {contract.max_quarantined} that "
            f"conf/datasets/{contract.name}.yml tolerates; they stand with their reasons in "
            f"{tables['quarantine'].uri}: correct the file or the contract and run again"
        )
