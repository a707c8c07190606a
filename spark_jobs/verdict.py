"""Verdicts on rows: one that broke no rule is valid if it is the newest of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import ARRIVAL, AS_OF, FILE_MODIFIED, ROW_HASH, ROW_ID, SOURCE_FILE
from conf.table_rules import Unique, of_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset

VERDICT = "_verdict"  # within the pass that judges; the three tables are its values
VALID, QUARANTINED, DUPLICATE = "valid", "quarantined", "duplicate"


def newest_first(contract: Dataset) -> list[SparkColumn]:
    """Return the order of rows with one key: whichever comes first wins.

    The newest row is the greatest by the contract's `newest_by`, then one whose outcome is known,
    then the one with the latest `as_of`, then the one that arrived last, then that of the file that
    was changed last, then that of the file whose name sorts last; between rows that are equal in
    all of these, the row hash decides.
    """
    known = [F.expr(contract.label.expression).isNotNull().desc()] if contract.label else []
    by_contract = [F.col(name).desc_nulls_last() for name in contract.newest_by]
    lineage = (AS_OF, ARRIVAL, FILE_MODIFIED, SOURCE_FILE, ROW_HASH, ROW_ID)
    return [*by_contract, *known, *(F.col(name).desc_nulls_last() for name in lineage)]


def with_verdict(rows: DataFrame, is_broken: SparkColumn, contract: Dataset) -> DataFrame:
    """Add VERDICT; of valid rows with the same key the newest wins, in any order."""
    wins = _place(contract, contract.key, competing=~is_broken) == 1
    decided = F.when(is_broken, F.lit(QUARANTINED)).when(wins, F.lit(VALID))
    return rows.select("*", decided.otherwise(F.lit(DUPLICATE)).alias(VERDICT))


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
        lost = competing & (_place(contract, unique.columns, competing=competing) > 1)
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


def _place(contract: Dataset, columns: Sequence[str], *, competing: SparkColumn) -> SparkColumn:
    """Return the place of a row among those with the same values; of one that stands apart, 1."""
    apart = F.when(~competing, F.col(ROW_ID))
    together = (F.when(competing, F.col(name)) for name in columns)
    same = Window.partitionBy(apart, *together).orderBy(*newest_first(contract))
    return F.row_number().over(same)
