"""Conditions by which Delta leaves files unread: its log says what values each file has."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import Column as SparkColumn
from pyspark.sql import functions as F

from conf.columns import INGESTION_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

# Takes what stands before the name of a column: nothing, or the alias of a table and a point.
Condition = Callable[[str], SparkColumn]
# A longer list makes a plan that takes longer than the files which it leaves out.
MOST_VALUES = 1_000
_PLAIN = ("int", "bigint", "string")
_MOMENTS = ("date", "timestamp")


def anywhere(_of: str) -> SparkColumn:
    """Return the condition that holds for all rows."""
    return F.expr("true")


def of_ingestions(rows: DataFrame) -> Condition:
    """Return the condition that a row came with one of the ingestions that `rows` came with."""
    few = rows.select(INGESTION_ID).distinct().limit(MOST_VALUES + 1).collect()
    if len(few) > MOST_VALUES:
        return anywhere
    ids = sorted(row[INGESTION_ID] for row in few)
    return lambda of: F.col(f"{of}{INGESTION_ID}").isin(*ids)


def among_keys(rows: DataFrame, key: Sequence[str]) -> Condition:
    """Return the condition that each column of a key is within what `rows` have of it, or null."""
    types = {name: kind for name, kind in rows.dtypes if name in key}
    types = {name: kind for name, kind in types.items() if kind in (*_PLAIN, *_MOMENTS)}
    if not types:
        return anywhere
    ends = [_as_text(end(f"`{name}`"), of) for name, of in types.items() for end in (F.min, F.max)]
    found = iter(rows.agg(*ends).collect()[0])
    limits = {
        name: (_literal(next(found), of), _literal(next(found), of)) for name, of in types.items()
    }

    def condition(of: str) -> SparkColumn:
        columns = ((F.col(f"{of}`{name}`"), *ends) for name, ends in limits.items())
        return reduce(and_, (c.isNull() | c.between(least, most) for c, least, most in columns))

    return condition


def _as_text(value: SparkColumn, kind: str) -> SparkColumn:
    """Return a moment as text, since Python would change it with the zone of the machine."""
    return value.cast("string") if kind in _MOMENTS else value


def _literal(value: str | int | None, kind: str) -> SparkColumn:
    # Not as a cast, by which Delta would leave no file out.
    return F.expr(f"{kind}'{value}'") if kind in _MOMENTS and value is not None else F.lit(value)
