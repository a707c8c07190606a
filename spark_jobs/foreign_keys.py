"""Foreign keys: the values of some columns are those that a row of another dataset has."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.table_rules import ForeignKey, of_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset


def with_known(
    rows: DataFrame, contract: Dataset, referenced: Mapping[str, DataFrame]
) -> tuple[DataFrame, dict[str, SparkColumn]]:
    """Add to rows what their foreign keys find, and return the rules that set rows aside by it.

    `referenced` has the valid rows of datasets; foreign keys to others are left out.
    """
    rules = {}
    for name, foreign_key in of_kind(contract.judged_with_rows, ForeignKey).items():
        if foreign_key.dataset in referenced:
            found = f"_found_{name}"
            rows = _with_found(rows, foreign_key, referenced[foreign_key.dataset], found=found)
            rules[name] = refers(foreign_key) | F.col(found).isNotNull()
    return rows, rules


def count_unknown(rows: DataFrame, foreign_key: ForeignKey, referenced: DataFrame) -> int:
    """Count the rows whose values no row of the other dataset has."""
    marked = _with_found(rows, foreign_key, referenced, found="_found")
    return marked.where(~refers(foreign_key) & F.col("_found").isNull()).count()


def refers(foreign_key: ForeignKey) -> SparkColumn:
    """Return whether a row refers to nothing: one of its columns is null."""
    return reduce(or_, (F.col(name).isNull() for name in foreign_key.columns))


def _with_found(
    rows: DataFrame, foreign_key: ForeignKey, referenced: DataFrame, *, found: str
) -> DataFrame:
    """Add the column `found`, which is not null where another dataset's row has the values."""
    names = {column: f"_other_{place}" for place, column in enumerate(foreign_key.columns)}
    references = zip(foreign_key.references, names.values(), strict=True)
    # Distinct, since the columns need not be the other dataset's key.
    others = referenced.select(*(F.col(r).alias(other) for r, other in references)).distinct()
    others = others.withColumn(found, F.lit(1))
    same = [F.col(column) == F.col(other) for column, other in names.items()]
    return rows.join(others, on=same, how="left").drop(*names.values())
