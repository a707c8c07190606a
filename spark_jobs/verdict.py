"""Verdicts on rows: one that broke no rule is valid if it is the newest of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.table_rules import Unique, of_kind
from spark_jobs.deletions import is_gone, winner_first, with_deletions
from spark_jobs.newest import newest_first, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

VERDICT = "_verdict"  # within the pass that judges; the tables are its values
VALID, QUARANTINED, DUPLICATE = "valid", "quarantined", "duplicate"
DELETED = "deleted"


def with_verdict(rows: DataFrame, is_broken: SparkColumn, contract: Dataset) -> DataFrame:
    """Add VERDICT; of valid rows with the same key the newest wins, in any order.

    `rows` has what `with_deletions` takes, where an entity may be deleted.
    """
    competing, decided = ~is_broken, F.when(is_broken, F.lit(QUARANTINED))
    if contract.may_delete:
        rows = with_deletions(rows, contract, competing=competing)
    wins = _place(contract.key, winner_first(contract), competing=competing) == 1
    if contract.may_delete:
        decided = decided.when(wins & is_gone(), F.lit(DELETED))
    decided = decided.when(wins, F.lit(VALID)).otherwise(F.lit(DUPLICATE))
    return rows.select("*", decided.alias(VERDICT))


def verdict_alone(is_broken: SparkColumn) -> SparkColumn:
    """Return the VERDICT of a row that shares its key with no other, and deletes nothing."""
    return F.when(is_broken, F.lit(QUARANTINED)).otherwise(F.lit(VALID))


def with_repeated(judged: DataFrame, contract: Dataset) -> DataFrame:
    """Set aside valid rows whose unique columns a newer valid row has.

    Adds, for each rule that says so, the column `repeated` names. The rules are looked at in the
    contract's order, each among the rows that those before it have left.
    """
    for name, unique in uniques_of(contract).items():
        stated = [F.col(column).isNotNull() for column in unique.columns]
        competing = F.col(VERDICT) == VALID
        for is_stated in stated:
            competing &= is_stated
        place = _place(unique.columns, newest_first(contract), competing=competing)
        lost = competing & (place > 1)
        judged = judged.withColumn(repeated(name), lost).withColumn(
            VERDICT,
            F.when(F.col(repeated(name)), F.lit(QUARANTINED)).otherwise(F.col(VERDICT)),
        )
    return judged


def uniques_of(contract: Dataset) -> dict[str, Unique]:
    """Return the rules by which rows with repeated values are quarantined."""
    return of_kind(contract.judged_with_rows, Unique)


def repeated(rule: str) -> str:
    """Return the column that says whether a row was set aside by a rule of unique columns."""
    return f"_repeated_{rule}"


def _place(
    columns: Sequence[str], order: Sequence[SparkColumn], *, competing: SparkColumn
) -> SparkColumn:
    """Return the place of a row among those with the same values; of one that stands apart, 1."""
    same = Window.partitionBy(*together(columns, competing=competing)).orderBy(*order)
    return F.row_number().over(same)
