"""The versions of an entity: from when to when each held, and what ended it.

Versions follow each other as rows of one key win: by `newest_by`, known outcomes, and arrival. A
version holds from its first `newest_by` on, or from the moment that its files are as of: the stated
one, or else that of the change of its file. None holds from later on than a newer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import ENDED_BY, ROW_HASH, VALID_FROM, VALID_TO
from spark_jobs.deletions import BY_FLAG, BY_SNAPSHOT, IS_DELETION, is_deletion, winner_first
from spark_jobs.newest import together
from spark_jobs.snapshots import losses_since, moments_of_losses, time_of

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

IS_VERSION = "_is_version"
BY_ROW = "newer_row"


def no_versions() -> list[SparkColumn]:
    """Return what rows have of `with_versions` where no history is kept."""
    nothing = F.lit(None).cast("timestamp")
    return [
        nothing.alias(VALID_FROM),
        nothing.alias(VALID_TO),
        F.lit(None).cast("string").alias(ENDED_BY),
        F.lit(False).alias(IS_VERSION),  # noqa: FBT003 # a literal
    ]


def with_versions(rows: DataFrame, contract: Dataset, *, competing: SparkColumn) -> DataFrame:
    """Add VALID_FROM, VALID_TO, ENDED_BY and IS_VERSION to typed rows, of those `competing`.

    A row that repeats the values of the one before it is no version of its own.
    """
    newest_first = Window.partitionBy(*together(contract.key, competing=competing)).orderBy(
        *winner_first(contract)
    )
    so_far = newest_first.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    newer = newest_first.rowsBetween(Window.unboundedPreceding, -1)
    deletes = is_deletion(contract)
    losses = losses_since() if contract.snapshots else F.lit(0)
    same = F.struct(F.col(ROW_HASH), losses, deletes)
    is_repeat = F.coalesce(F.lead(same).over(newest_first) == same, F.lit(False)) & ~deletes  # noqa: FBT003 # a literal
    held = rows.select(
        "*",
        F.min(_starts(contract)).over(so_far).alias(VALID_FROM),
        is_repeat.alias("_is_repeat"),
        losses.alias("_losses"),
    )
    version = F.struct(VALID_FROM, "_losses", deletes.alias(IS_DELETION))
    newer_version = F.last(F.when(~F.col("_is_repeat"), version), ignorenulls=True).over(newer)
    ended = held.withColumn("_newer", newer_version)
    return ended.select(
        *(name for name in ended.columns if name not in {"_is_repeat", "_losses", "_newer"}),
        _end(contract).alias(VALID_TO),
        _ended_by().alias(ENDED_BY),
        (competing & ~F.col("_is_repeat") & ~deletes).alias(IS_VERSION),
    )


def _starts(contract: Dataset) -> SparkColumn:
    if contract.newest_by:
        return F.col(contract.newest_by[0])
    if contract.snapshots:
        return F.least(time_of(), F.array_min(moments_of_losses()))
    return time_of()


def _end(contract: Dataset) -> SparkColumn:
    newer = F.col(f"_newer.{VALID_FROM}")
    return F.least(newer, F.array_min(moments_of_losses())) if contract.snapshots else newer


def _ended_by() -> SparkColumn:
    newer_losses = F.coalesce(F.col("_newer._losses"), F.lit(0))
    return (
        F.when(F.col("_losses") > newer_losses, F.lit(BY_SNAPSHOT))
        .when(F.col(f"_newer.{IS_DELETION}"), F.lit(BY_FLAG))
        .when(F.col("_newer").isNotNull(), F.lit(BY_ROW))
    )
