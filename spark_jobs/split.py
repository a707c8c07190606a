"""Assign every row to one split for ever: by hash of its key, by hash of a group, or by time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FEATURE_LINEAGE, ROW_HASH
from conf.dataset_learning import SPLITS
from spark_jobs import lake, step_state
from spark_jobs.broken_table import is_whole, refuse_broken
from spark_jobs.checksum import checksums
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import Counts, TableReceipt, check_balance
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import fit_to_rows
from spark_jobs.step_state import StepState
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_learning import Split

SPLIT = "_split"  # within this step; the three tables are its values
LABEL_UNKNOWN = "label_unknown"
OUTSIDE_PERIOD = "outside_split_period"
_BUCKETS = 1 << 30  # so many that shares are met, so few that a double is exact


class SplitError(RuntimeError):
    """A dataset states no split, or its splits are empty or share a key, group or day."""


@naming_faults
@done_again_on_conflict
def split_features(
    spark: SparkSession, features: TableReceipt, contract: Dataset, *, lake_uri: str
) -> dict[str, TableReceipt]:
    """Bring the tables train, validation and test up to date with one version of the features."""
    facts = {"rules": fingerprint("split", contract), "features": version_of(features)}
    last = step_state.load(spark, lake_uri, "split", contract.name)
    if last and last.facts == facts:
        return dict(last.tables)
    step_state.refuse_earlier(last, facts, step="split", dataset=contract.name)
    fit_to_rows(spark, features.rows_out)
    assigned = assign_split(lake.read_table(spark, features), contract)
    if last and _only_others_changed(assigned, features, contract, last, facts):
        unchanged = _with_new_counts(assigned, features, last.tables)
        step_state.save(spark, lake_uri, "split", contract.name, StepState(facts, unchanged))
        return unchanged
    refuse_broken(spark, (_uri(contract, lake_uri, part) for part in SPLITS))
    assigned = assigned.persist()  # counted, checked and written
    try:
        tables = _write(assigned, features, contract, lake_uri=lake_uri, facts=facts)
    finally:
        assigned.unpersist()
    step_state.save(spark, lake_uri, "split", contract.name, StepState(facts, tables))
    return tables


def _write(
    assigned: DataFrame,
    features: TableReceipt,
    contract: Dataset,
    *,
    lake_uri: str,
    facts: Mapping[str, str],
) -> dict[str, TableReceipt]:
    contents = checksums(assigned, by=SPLIT, without=FEATURE_LINEAGE)
    sizes = {side: rows for side, (rows, _) in sorted(contents.items())}
    aside = {reason: rows for reason, rows in sizes.items() if reason not in SPLITS}
    kept = {part: sizes.get(part, 0) for part in SPLITS}
    check_balance(
        f"split of {contract.name!r}",
        rows_in=features.rows_out,
        rows_out=sum(kept.values()),
        set_aside=aside,
    )
    _check_splits(assigned, kept, contract)
    return {
        part: lake.sync_counted(
            rows_of_split(assigned, part),
            _uri(contract, lake_uri, part),
            key=contract.key,
            record=facts,
            counts=Counts(
                features.rows_out,
                kept[part],
                _set_aside(sizes, part),
                contents[part][1],
            ),
        )
        for part in SPLITS
    }


def _uri(contract: Dataset, lake_uri: str, part: str) -> str:
    return lake.table_uri(lake_uri, "gold", contract.name, part)


def _only_others_changed(
    assigned: DataFrame,
    features: TableReceipt,
    contract: Dataset,
    last: StepState,
    facts: Mapping[str, str],
) -> bool:
    """Return whether all rows that differ from the last ones are of no split, then and now."""
    table_id, _, version = last.facts["features"].partition("@")
    if last.facts["rules"] != facts["rules"] or table_id != features.id:
        return False
    spark = assigned.sparkSession
    if not is_whole(spark, features.uri, int(version)):
        return False
    before = assign_split(lake.read_version(spark, features.uri, int(version)), contract)
    same = [*contract.key, ROW_HASH]
    changed = assigned.join(before.select(*same), on=same, how="left_anti").unionByName(
        before.join(assigned.select(*same), on=same, how="left_anti")
    )
    return changed.where(F.col(SPLIT).isin(*SPLITS)).isEmpty()


def _with_new_counts(
    assigned: DataFrame, features: TableReceipt, tables: Mapping[str, TableReceipt]
) -> dict[str, TableReceipt]:
    """Return the receipts of unchanged tables with the present counts of rows set aside."""
    sizes = {row[SPLIT]: row["count"] for row in assigned.groupBy(SPLIT).count().collect()}
    counted = {
        part: replace(
            table,
            rows_in=features.rows_out,
            set_aside=_set_aside(sizes, part),
        )
        for part, table in tables.items()
    }
    for part, table in counted.items():
        check_balance(
            f"split {part!r}",
            rows_in=table.rows_in,
            rows_out=table.rows_out,
            set_aside=table.set_aside,
        )
    return counted


def _set_aside(sizes: Mapping[str, int], part: str) -> dict[str, int]:
    """Count the rows that are not in `part`, by reason or by the split that they are in."""
    reasons = {side: rows for side, rows in sorted(sizes.items()) if side not in SPLITS}
    return reasons | {f"in_{p}": sizes.get(p, 0) for p in SPLITS if p != part}


def assign_split(features: DataFrame, contract: Dataset) -> DataFrame:
    """Add SPLIT: train, validation or test, or the reason why a row is in none of them.

    The split depends on a row's own values alone: not on row order, partitions or other rows.
    """
    if contract.split is None or contract.label is None:
        raise SplitError(
            f"dataset {contract.name!r} has no label and split to train with; state both in "
            f"conf/datasets/{contract.name}.yml"
        )
    unlabelled = F.col(contract.label.name).isNull()
    side = _time_side(contract.split) if contract.split.by == "time" else _hash_side(contract)
    return features.withColumn(SPLIT, F.when(unlabelled, F.lit(LABEL_UNKNOWN)).otherwise(side))


def rows_of_split(assigned: DataFrame, part: str) -> DataFrame:
    """Return the rows of one split without the lake's lineage: what a model may see."""
    return assigned.where(F.col(SPLIT) == part).drop(SPLIT, *FEATURE_LINEAGE)


def _hash_side(contract: Dataset) -> SparkColumn:
    split = contract.split
    unit = contract.key if split is None or split.column is None else (split.column,)
    # As text, so that a key column that is widened from int to long stays on its side.
    text = F.concat_ws(
        "\x1f", *(F.coalesce(F.col(name).cast("string"), F.lit("")) for name in unit)
    )
    place = F.pmod(F.xxhash64(text), F.lit(_BUCKETS)) / _BUCKETS
    shares = split.parts if split else {}
    train = float(str(shares["train"]))
    validation = train + float(str(shares["validation"]))
    return (
        F.when(place < train, F.lit("train"))
        .when(place < validation, F.lit("validation"))
        .otherwise(F.lit("test"))
    )


def _time_side(split: Split) -> SparkColumn:
    day = F.to_date(str(split.column))
    starts = {part: F.lit(str(split.parts[part])).cast("date") for part in SPLITS}
    return (
        F.when(day.isNull() | (day < starts["train"]), F.lit(OUTSIDE_PERIOD))
        .when(day < starts["validation"], F.lit("train"))
        .when(day < starts["test"], F.lit("validation"))
        .when(day < F.lit(str(split.end)).cast("date"), F.lit("test"))
        .otherwise(F.lit(OUTSIDE_PERIOD))
    )


def _check_splits(assigned: DataFrame, kept: Mapping[str, int], contract: Dataset) -> None:
    """Refuse an empty split, and a key, group or day that is in two of them."""
    empty = [part for part, rows in kept.items() if not rows]
    if empty:
        raise SplitError(
            f"split of {contract.name!r}: {empty} would be empty; correct 'split' in "
            f"conf/datasets/{contract.name}.yml"
        )
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
