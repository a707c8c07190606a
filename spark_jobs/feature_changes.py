"""The features that rows which came or went since the last time can have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import INGESTION_ID, ROW_HASH, ROW_ID
from spark_jobs.feature_rows import feature_rows
from spark_jobs.version_changes import changes_since
from spark_jobs.within import among_keys, anywhere, of_ingestions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.feature_sets import DailyFeatureSet
    from spark_jobs.receipt import TableReceipt
    from spark_jobs.step_state import StepState
    from spark_jobs.version_changes import VersionChanges
    from spark_jobs.within import Condition


@dataclass(frozen=True)
class FeaturePart:
    """Features that replace those of the keys `among` them: all that the changes can reach.

    `expected` is how many they must be; `within` holds for them and for what they replace.
    """

    rows: DataFrame
    expected: int
    among: DataFrame
    within: Condition


def changed_rows(
    spark: SparkSession,
    silver: Mapping[str, TableReceipt],
    contract: Dataset,
    last: StepState | None,
    facts: Mapping[str, str],
) -> VersionChanges | None:
    """Return the valid rows that differ from those of the last time; None if all must be built.

    All must be, the first time, after other rules, with other rows of a related dataset, and where
    the earlier version is not whole.
    """
    others = {name: version for name, version in facts.items() if name != contract.name}
    if last is None or {name: last.facts.get(name) for name in others} != others:
        return None
    changes = changes_since(spark, silver[contract.name], last.facts[contract.name])
    return changes.differing([ROW_ID, ROW_HASH]) if changes else None


def part_of_rows(changes: VersionChanges, contract: Dataset) -> FeaturePart:
    """Return the features of the changed rows themselves, where no row depends on another."""
    rows = feature_rows({contract.name: changes.new}, contract)
    gone = changes.gone.select(*contract.key)
    keys = gone.unionByName(changes.new.select(*contract.key))
    return FeaturePart(rows, changes.new.count(), gone, among_keys(keys, contract.key))


def part_of_days(
    changes: VersionChanges,
    tables: Mapping[str, DataFrame],
    stored: DataFrame,
    contract: Dataset,
    daily: DailyFeatureSet,
) -> FeaturePart | None:
    """Return the features from the first changed day on; None where no change has a day.

    `stored` are the features of the last time. Files of valid rows are read that have a row of the
    days which these depend on: the stored features tell of which ingestions those days are.
    """
    valid, day = tables[contract.name], F.col(daily.DAY)
    both = changes.gone.select(daily.day_of(changes.gone).alias("day")).union(
        changes.new.select(daily.day_of(changes.new).alias("day"))
    )
    since = both.agg(F.min("day")).collect()[0][0]
    if since is None:
        return _nothing(stored, contract) if both.isEmpty() else None
    first_seen = F.date_sub(F.lit(since), daily.HISTORY_DAYS)
    ids = stored.where(day >= first_seen).select(INGESTION_ID)
    came_with = of_ingestions(ids.union(changes.new.select(INGESTION_ID)))
    valid = valid.where(came_with(""))
    day_of_row = daily.day_of(valid)
    visible = valid.where(day_of_row >= first_seen)
    rows = feature_rows({**tables, contract.name: visible}, contract).where(day >= F.lit(since))
    return FeaturePart(
        rows,
        valid.where(day_of_row >= F.lit(since)).count(),
        stored.where(day >= F.lit(since)).select(*contract.key),
        lambda of: F.col(f"{of}{daily.DAY}") >= F.lit(since),
    )


def _nothing(stored: DataFrame, contract: Dataset) -> FeaturePart:
    """Return no features: files were only put together."""
    none = stored.limit(0)
    return FeaturePart(none, 0, none.select(*contract.key), anywhere)
