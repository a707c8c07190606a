"""Checksums of tables that Spark and pandas compute alike, to prove that both read the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs.digests import ten_digits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, Row

    from spark_jobs.receipt import Checksum


def checksum(rows: DataFrame) -> Checksum:
    """Return, per column, its kind, its number of nulls, and a digest of its other values.

    The digest of text, integer, date and timestamp is the sum of crc32 over the values as text (a
    date as days, a timestamp as milliseconds since 1970-01-01 UTC). That of a number is minimum,
    maximum and sum with ten digits, since the order of addition changes the last ones.
    """
    return ten_digits(exact_checksum(rows))


def exact_checksum(rows: DataFrame) -> Checksum:
    """Return a checksum whose numbers have all of their digits, for more rows to be added."""
    kinds = _kinds(rows)
    return _checksum(rows.agg(*_all_digests(kinds)).collect()[0], kinds)


def exact_checksums(
    rows: DataFrame, *, by: str, without: Sequence[str]
) -> dict[str, tuple[int, Checksum]]:
    """Return row count and exact checksum of each value of `by`, in one pass, not of `without`."""
    kinds = _kinds(rows.drop(by, *without))
    groups = rows.groupBy(by).agg(F.count("*").alias("rows"), *_all_digests(kinds))
    return {group[by]: (group["rows"], _checksum(group, kinds)) for group in groups.collect()}


def _kinds(rows: DataFrame) -> dict[str, str]:
    return {field.name: _kind(field.dataType.simpleString()) for field in rows.schema}


def _all_digests(kinds: Mapping[str, str]) -> list[SparkColumn]:
    return [
        digest.alias(f"{place}_{name}")
        for place, (column, kind) in enumerate(kinds.items())
        for name, digest in _digests(F.col(column), kind).items()
    ]


def _checksum(digests: Row, kinds: Mapping[str, str]) -> Checksum:
    return {
        column: {"kind": kind}
        | {name: digests[f"{place}_{name}"] for name in _digests(F.col(column), kind)}
        for place, (column, kind) in enumerate(kinds.items())
    }


def _kind(spark_type: str) -> str:
    kinds = {"string": "text", "date": "date", "timestamp": "timestamp", "boolean": "boolean"}
    if spark_type in {"float", "double"}:
        return "number"
    return kinds.get(spark_type, "integer")


def _digests(column: SparkColumn, kind: str) -> dict[str, SparkColumn]:
    nulls = {"nulls": F.count(F.when(column.isNull(), 1))}
    if kind == "number":
        return nulls | {"min": F.min(column), "max": F.max(column), "sum": F.sum(column)}
    as_text = {
        "date": F.datediff(column, F.to_date(F.lit("1970-01-01"))),
        "timestamp": F.unix_millis(column) if kind == "timestamp" else column,
    }.get(kind, column)
    # Without values, Spark's sum is null and pandas' is 0.
    return nulls | {
        "crc32": F.coalesce(F.sum(F.crc32(as_text.cast("string").cast("binary"))), F.lit(0))
    }
