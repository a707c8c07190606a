"""Bring splits up to date with what differs between two versions of the features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conf.columns import FEATURE_LINEAGE, ROW_HASH
from conf.dataset_learning import SPLITS
from spark_jobs import lake
from spark_jobs.checksum import exact_checksum, exact_checksums
from spark_jobs.digests import with_changes
from spark_jobs.receipt import Checksum, Counts, table_receipt
from spark_jobs.session import persisted
from spark_jobs.split_sides import SPLIT, assign_split, check_sizes, rows_of_split, set_aside
from spark_jobs.version_changes import VersionChanges, changes_since
from spark_jobs.within import among_keys

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt
    from spark_jobs.step_state import StepState

Contents = Mapping[str, tuple[int, Checksum]]


@dataclass(frozen=True)
class _Moved:
    """Rows that went and rows that came; of each side and reason, how many, and their checksum."""

    gone: DataFrame
    new: DataFrame
    went: Contents
    came: Contents

    def has(self, part: str) -> bool:
        return part in self.went or part in self.came


def changed_features(
    spark: SparkSession,
    features: TableReceipt,
    contract: Dataset,
    last: StepState | None,
    facts: Mapping[str, str],
) -> VersionChanges | None:
    """Return the rows of the features that differ from those split last; None if all must be read.

    All must be, the first time, after other rules, and where the earlier version is not whole.
    """
    if last is None or last.facts["rules"] != facts["rules"]:
        return None
    changes = changes_since(spark, features, last.facts["features"])
    if changes is None or changes.gone.schema != changes.new.schema:
        return None
    changes = changes.differing([*contract.key, ROW_HASH])
    return VersionChanges(assign_split(changes.gone, contract), assign_split(changes.new, contract))


def sync_splits(
    changes: VersionChanges,
    features: TableReceipt,
    contract: Dataset,
    *,
    last: Mapping[str, TableReceipt],
    facts: Mapping[str, str],
) -> dict[str, TableReceipt]:
    """Bring the splits that `last` left up to date, and count them by what came and went.

    Raises ReceiptError for a row that is lost, and SplitError for a split without a row.
    """
    with persisted(changes.gone) as gone, persisted(changes.new) as new:
        contents = (exact_checksums(r, by=SPLIT, without=FEATURE_LINEAGE) for r in (gone, new))
        moved = _Moved(gone, new, *contents)
        sizes = _sizes(last, moved)
        check_sizes(sizes, contract, rows_in=features.rows_out)
        tables = {
            part: _synced(part, moved, contract, table, facts) if moved.has(part) else table
            for part, table in last.items()
        }
    return {
        part: replace(
            table,
            rows_in=features.rows_out,
            rows_out=sizes[part],
            set_aside=set_aside(sizes, part),
        )
        for part, table in tables.items()
    }


def _sizes(last: Mapping[str, TableReceipt], moved: _Moved) -> Counter[str]:
    """Count the rows of each side, and of each reason to be on none, as they now are."""
    sizes = Counter({part: table.rows_out for part, table in last.items()})
    sides = {f"in_{part}" for part in SPLITS}
    aside = last[SPLITS[0]].set_aside.items()
    sizes.update({reason: rows for reason, rows in aside if reason not in sides})
    sizes.subtract({side: rows for side, (rows, _) in moved.went.items()})
    sizes.update({side: rows for side, (rows, _) in moved.came.items()})
    return sizes


def _synced(
    part: str, moved: _Moved, contract: Dataset, table: TableReceipt, facts: Mapping[str, str]
) -> TableReceipt:
    """Write what differs in one split; its receipt has the version and the checksum that it has."""
    rows, key = rows_of_split(moved.new, part), contract.key
    keys = rows.select(*key).union(rows_of_split(moved.gone, part).select(*key))
    within = among_keys(keys, key)
    state = lake.sync_rows(rows, table.uri, key=key, among=keys, record=facts, within=within)
    _, went = moved.went.get(part, (0, None))
    _, came = moved.came.get(part, (0, None))
    checksum = with_changes(table.checksum, gone=went, new=came)
    if checksum is None:  # the table alone can tell
        checksum = exact_checksum(lake.read_version(rows.sparkSession, table.uri, state.version))
    counts = Counts(table.rows_in, table.rows_out, table.set_aside, checksum)
    return table_receipt(state, counts, schema_hash=table.schema_hash)
