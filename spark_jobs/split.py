"""Assign every row to one split for ever: by hash of its key, by hash of a group, or by time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FEATURE_LINEAGE
from conf.dataset_learning import SPLITS
from spark_jobs import lake, step_state
from spark_jobs.broken_table import refuse_broken
from spark_jobs.checksum import exact_checksums
from spark_jobs.digests import ten_digits
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import Counts, TableReceipt
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import fit_to_rows, persisted
from spark_jobs.split_changes import changed_features, sync_splits
from spark_jobs.split_sides import (
    SPLIT,
    SplitError,
    assign_split,
    check_sizes,
    rows_of_split,
    set_aside,
)
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset


@naming_faults
@done_again_on_conflict
def split_features(
    spark: SparkSession, features: TableReceipt, contract: Dataset, *, lake_uri: str
) -> dict[str, TableReceipt]:
    """Bring the tables train, validation and test up to date with one version of the features.

    Where the same rules have split an earlier version, only what differs is read and written.
    """
    facts = {"rules": fingerprint("split", contract), "features": version_of(features)}
    last = step_state.load(spark, lake_uri, "split", contract.name)
    if last is None or last.facts != facts:
        made_from = {"features": features.uri}
        step_state.refuse_earlier(
            spark, last, facts, made_from, step="split", dataset=contract.name
        )
        uris = {part: lake.table_uri(lake_uri, "gold", contract.name, part) for part in SPLITS}
        refuse_broken(spark, uris.values())
        changes = changed_features(spark, features, contract, last, facts)
        if last and changes:
            tables = sync_splits(changes, features, contract, last=last.tables, facts=facts)
        else:
            tables = _write(spark, features, contract, uris, facts)
        last = StepState(facts, tables)  # with all digits, for what the next run adds
        step_state.save(spark, lake_uri, "split", contract.name, last)
    return {
        part: replace(table, checksum=ten_digits(table.checksum))
        for part, table in last.tables.items()
    }


def _write(
    spark: SparkSession,
    features: TableReceipt,
    contract: Dataset,
    uris: Mapping[str, str],
    facts: Mapping[str, str],
) -> dict[str, TableReceipt]:
    """Split all rows."""
    fit_to_rows(spark, features.rows_out)
    sides = assign_split(lake.read_table(spark, features), contract)
    with persisted(sides) as assigned:  # counted, checked and written
        counts = _counts(assigned, features, contract)
        return {
            part: lake.sync_counted(
                rows_of_split(assigned, part),
                uris[part],
                key=contract.key,
                record=facts,
                counts=counts[part],
            )
            for part in SPLITS
        }


def _counts(assigned: DataFrame, features: TableReceipt, contract: Dataset) -> dict[str, Counts]:
    """Count the rows of each split, and of those that are in none.

    Raises ReceiptError for a row that is lost, and SplitError for an empty or shared split.
    """
    contents = exact_checksums(assigned, by=SPLIT, without=FEATURE_LINEAGE)
    sizes = {side: rows for side, (rows, _) in contents.items()}
    rows_in = features.rows_out
    check_sizes(sizes, contract, rows_in=rows_in)
    _refuse_shared(assigned, contract)
    return {
        part: Counts(rows_in, sizes[part], set_aside(sizes, part), contents[part][1])
        for part in SPLITS
    }


def _refuse_shared(assigned: DataFrame, contract: Dataset) -> None:
    """Refuse a key, group or day that is in two splits."""
    column = contract.split.column if contract.split else None
    unit = [column] if column else list(contract.key)
    sides = (
        assigned.where(F.col(SPLIT).isin(*SPLITS))
        .groupBy(*unit)
        .agg(F.countDistinct(SPLIT).alias("sides"))
    )
    shared = sides.where(F.col("sides") > 1).limit(3).collect()
    if shared:
        units = [row.asDict() for row in shared]
        raise SplitError(f"split of {contract.name!r}: {units} stand in two splits")
