"""The checksum of a table is one that anybody can compute from its values."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from spark_jobs.checksum import checksum, exact_checksums

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_each_kind_of_column_has_its_nulls_and_a_digest_of_its_values(spark: SparkSession) -> None:
    second = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
    rows = spark.createDataFrame(
        [
            ("Ülm", 517, 2.5, dt.date(1970, 1, 2), second, True, None),
            (None, -3, -1.0, dt.date(1969, 12, 31), None, None, None),
            ("", None, None, None, None, False, None),
        ],
        "city string, trip long, fare double, day date, moment timestamp, paid boolean, none int",
    )
    assert checksum(rows) == {
        "city": {"kind": "text", "nulls": 1, "crc32": crc32("Ülm".encode()) + crc32(b"")},
        "trip": {"kind": "integer", "nulls": 1, "crc32": crc32(b"517") + crc32(b"-3")},
        "fare": {"kind": "number", "nulls": 1, "min": -1.0, "max": 2.5, "sum": 1.5},
        "day": {"kind": "date", "nulls": 1, "crc32": crc32(b"1") + crc32(b"-1")},
        "moment": {"kind": "timestamp", "nulls": 2, "crc32": crc32(b"1000")},
        "paid": {"kind": "boolean", "nulls": 1, "crc32": crc32(b"true") + crc32(b"false")},
        "none": {"kind": "integer", "nulls": 3, "crc32": 0},
    }


def test_a_sum_is_given_with_ten_digits_and_is_null_without_values(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1 / 3, None), (1 / 3, None)], "third double, unknown double")
    assert checksum(rows) == {
        "third": {
            "kind": "number",
            "nulls": 0,
            "min": 0.3333333333,
            "max": 0.3333333333,
            "sum": 0.6666666667,
        },
        "unknown": {"kind": "number", "nulls": 2, "min": None, "max": None, "sum": None},
    }


def test_the_parts_of_a_table_are_counted_and_summed_each_for_itself(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("train", "r1", "a"), ("train", "r2", "b"), ("test", "r3", None)],
        "part string, _row_id string, city string",
    )
    train = {"city": {"kind": "text", "nulls": 0, "crc32": crc32(b"a") + crc32(b"b")}}
    test = {"city": {"kind": "text", "nulls": 1, "crc32": 0}}
    found = exact_checksums(rows, by="part", without=["_row_id"])
    assert found == {"train": (2, train), "test": (1, test)}
