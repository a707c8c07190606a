"""What deletes an entity, and ends all that came before: a row that says so, or a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.dataset_column import IS_REQUIRED, OF_VALUES
from spark_jobs.newest import latest_first, newest_first, together
from spark_jobs.snapshots import losses_since

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

IS_DELETION = "_is_deletion"
DELETIONS_SINCE = "_deletions_since"  # how many deletions of its entity are newer than a row
BY_FLAG, BY_SNAPSHOT = "deleted_when", "not_in_snapshot"


def is_deletion(contract: Dataset) -> SparkColumn:
    """Return whether a row says that its entity is deleted; one that says nothing does not."""
    says = F.expr(contract.deleted_when) if contract.deleted_when else F.lit(None)
    return F.coalesce(says, F.lit(False))  # noqa: FBT003 # a literal


def rules_of_deletions(contract: Dataset) -> set[str]:
    """Return the rules that a row which deletes must keep: it often has nothing but its key."""
    of_columns = {
        column.rule(what)
        for column in contract.columns
        if column.name in contract.identifying
        for what in (column.is_a_type, IS_REQUIRED, *OF_VALUES)
    }
    return of_columns | {"well_formed", "no_undeclared_columns"}


def with_deletions(rows: DataFrame, contract: Dataset, *, competing: SparkColumn) -> DataFrame:
    """Add DELETIONS_SINCE to rows with IS_DELETION, of those with one key that are `competing`.

    With a source of snapshots, rows have LOST_AT.
    """
    newer = (
        Window.partitionBy(*together(contract.key, competing=competing))
        .orderBy(*latest_first(contract))
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    deletions = F.sum(F.when(F.col(IS_DELETION), F.lit(1))).over(newer)
    since = F.coalesce(deletions, F.lit(0))
    since += losses_since() if contract.snapshots else F.lit(0)
    return rows.withColumn(DELETIONS_SINCE, since)


def is_gone() -> SparkColumn:
    """Return whether the row that comes first of `winner_first` is of an entity that is deleted."""
    return F.col(IS_DELETION) | (F.col(DELETIONS_SINCE) > 0)


def reason() -> SparkColumn:
    """Return why the entity of a row that is gone is deleted."""
    return F.when(F.col(IS_DELETION), F.lit(BY_FLAG)).otherwise(F.lit(BY_SNAPSHOT))


def winner_first(contract: Dataset) -> list[SparkColumn]:
    """Return the order of rows with one key in which the first decides what becomes of its entity.

    Rows from before a deletion come behind it, also those whose outcome is known: the outcome was
    of what is deleted. A row that came after it is of an entity that is back.
    """
    if not contract.may_delete:
        return newest_first(contract)
    return [F.col(DELETIONS_SINCE).asc(), F.col(IS_DELETION).asc(), *newest_first(contract)]
