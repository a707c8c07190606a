"""Rows that share their key with another: only they have to be put in an order.

To rank the rows of each key, Spark moves and sorts all of them, with all of their columns. Most
keys have one row, and which have several is known by moving the keys alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import ROW_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

# Ids of so many rows go to each task in no time. Of more, all rows are put in order.
MOST_RIVALS = 100_000


class Rivals:
    """The rows of a table that share their key with another of its rows, by ROW_ID."""

    def __init__(self, ids: DataFrame | None = None, keys: DataFrame | None = None) -> None:
        """Take the ids, which follow from persisted `keys`; without them no row has a rival."""
        self._ids, self._keys = ids, keys

    def release(self) -> None:
        """Free what was kept to find the ids."""
        if self._keys is not None:
            self._keys.unpersist()

    def parted(self, rows: DataFrame) -> tuple[DataFrame, DataFrame | None]:
        """Return the rows whose key is theirs alone, and the others, if there are any."""
        if self._ids is None:
            return rows, None
        ids = F.broadcast(self._ids)
        alone, others = (
            rows.join(ids, on=[ROW_ID], how=how).select(*rows.columns)
            for how in ("left_anti", "left_semi")
        )
        return alone, others


def find_rivals(rows: DataFrame, key: Sequence[str]) -> Rivals | None:
    """Find the rows that share their key; None where they are too many to be sent around.

    Takes ROW_ID and the key's columns. A key with a null is nobody's.
    """
    keyed = rows.select(ROW_ID, *key).dropna(how="any", subset=list(key))
    several = keyed.groupBy(*key).count().where(F.col("count") > 1)
    few = several.limit(MOST_RIVALS).persist()  # is looked at twice, and the rows moved once
    count = few.agg(F.sum("count")).collect()[0][0] or 0
    if count > MOST_RIVALS:
        few.unpersist()
        return None
    if not count:
        few.unpersist()
        return Rivals()
    shares = F.broadcast(few.select(*key))
    ids = keyed.join(shares, on=list(key), how="left_semi").select(ROW_ID)
    return Rivals(ids, few)
