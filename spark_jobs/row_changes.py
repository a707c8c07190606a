"""Rows that differ between two versions of a table, compared by key and a hash of their values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import ROW_HASH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Changes:
    """The numbers of rows that a write would insert, update and delete."""

    inserted: int
    updated: int
    deleted: int

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def schema_hash(rows: DataFrame) -> str:
    """Hash column names and types, in order; nullability is Spark's to decide."""
    columns = ",".join(f"{field.name}:{field.dataType.simpleString()}" for field in rows.schema)
    return hashlib.sha256(columns.encode()).hexdigest()[:16]


def with_row_hash(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Add a 64-bit hash over `columns`, by which two versions of a row are told apart.

    Spark's hash skips nulls. Which columns are null is hashed too, or a value that moves to the
    next column would be no change.
    """
    nulls = (F.col(f"`{name}`").isNull() for name in columns)
    return rows.withColumn(ROW_HASH, F.xxhash64(*columns, *nulls))


def compare_rows(rows: DataFrame, stored: DataFrame, *, key: Sequence[str]) -> Changes:
    """Count what would have to be inserted, updated and deleted to turn `stored` into `rows`."""
    new = rows.select(*key, F.col(ROW_HASH).alias("new_hash"))
    old = stored.select(*key, F.col(ROW_HASH).alias("old_hash"))
    is_new = F.col("old_hash").isNull()
    is_gone = F.col("new_hash").isNull()
    is_changed = F.col("old_hash") != F.col("new_hash")
    counts = (
        new.join(old, on=list(key), how="full")
        .agg(*(F.count(F.when(case, 1)) for case in (is_new, is_changed, is_gone)))
        .collect()[0]
    )
    return Changes(*counts)
