"""Rates cover what was known before a day, and nothing of the day itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs.history import rates_before

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_a_rate_counts_known_outcomes_of_the_days_before_and_never_the_day_itself(
    spark: SparkSession,
) -> None:
    march = [dt.date(2024, 3, 1), dt.date(2024, 3, 2), dt.date(2024, 3, 29), dt.date(2024, 3, 30)]
    events = spark.createDataFrame(
        [
            ("a", march[0], 1.0),
            ("a", march[0], 0.0),
            ("a", march[0], None),
            ("a", march[1], 1.0),
            ("a", march[2], 0.0),
            ("a", march[3], 1.0),
            ("b", march[0], None),
            ("b", march[1], 0.0),
            (None, march[0], 1.0),
            (None, march[1], 1.0),
        ],
        "plane string, day date, late double",
    )
    expected = spark.createDataFrame(
        [
            ("a", march[0], None, 0),
            ("a", march[1], 0.5, 2),  # 1 of the 2 that are known of the first
            ("a", march[2], 2 / 3, 3),  # 28 days before: the first still counts
            ("a", march[3], 0.5, 2),  # the first is 29 days ago: late on the 2nd, not on the 29th
            ("b", march[0], None, 0),
            ("b", march[1], None, 0),  # there was a flight, but how it ended is not known
        ],
        "plane string, day date, late_rate_28d double, late_known_28d int",
    )
    actual = rates_before(
        events, entity=["plane"], day="day", outcome="late", days=28, prefix="late"
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_an_entity_of_two_columns_is_one_only_where_both_agree(spark: SparkSession) -> None:
    first, second = dt.date(2024, 3, 1), dt.date(2024, 3, 2)
    events = spark.createDataFrame(
        [("x", "y", first, 1), ("x", "z", first, 0), ("x", "y", second, 0), ("x", None, first, 1)],
        "origin string, dest string, day date, late int",
    )
    expected = spark.createDataFrame(
        [("x", "y", first, None, 0), ("x", "z", first, None, 0), ("x", "y", second, 1.0, 1)],
        "origin string, dest string, day date, r_rate_7d double, r_known_7d int",
    )
    actual = rates_before(
        events, entity=["origin", "dest"], day="day", outcome="late", days=7, prefix="r"
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
