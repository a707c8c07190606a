"""A flight's features are what was known at its scheduled departure, one row per flight."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs.feature_sets import flights

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

LATER_KNOWN = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}


def tables(spark: SparkSession) -> dict[str, DataFrame]:
    """Four flights over a change of month; only the first has weather, only N1 is registered."""
    days = [(2024, 1, 31, 10), (2024, 2, 1, 7), (2024, 2, 1, 8)]
    hours = [dt.datetime(*day, tzinfo=dt.UTC) for day in days]
    flown = [
        (2024, 1, 31, 5, 30, 1205, "UA", 1, "N1", "JFK", "BOS", 300, hours[0], 1.0, 99, "r1"),
        (2024, 1, 31, 5, 5, 2400, "UA", 2, "N2", "JFK", "BOS", 300, hours[0], 0.0, 99, "r2"),
        (2024, 2, 1, 2, 0, 30, "UA", 1, "N1", "JFK", "BOS", 300, hours[1], None, 99, "r3"),
        (2024, 2, 1, 3, 59, 905, "DL", 3, None, "LGA", "ORD", 900, hours[2], 1.0, 99, "r4"),
    ]
    columns = (
        "year int, month int, day int, hour int, minute int, sched_arr_time int, carrier string, "
        "flight int, tailnum string, origin string, dest string, distance int, "
        "time_hour timestamp, is_late double, dep_delay int, _row_id string"
    )
    weather = [("JFK", hours[0], 39.0, 26.1, 59.4, 10.4, None, 0.0, 1012.0, 10.0, "x")]
    measured = ", ".join(f"{name} double" for name in flights.WEATHER)
    planes = [("N1", 2004, 180), ("N9", 2010, 100)]
    return {
        "flights": spark.createDataFrame(flown, columns),
        "weather": spark.createDataFrame(
            weather, f"origin string, time_hour timestamp, {measured}, _row_id string"
        ),
        "planes": spark.createDataFrame(planes, "tailnum string, year int, seats int"),
    }


def test_the_first_days_of_a_month_see_the_month_before_and_what_is_missing_stays_null(
    spark: SparkSession,
) -> None:
    january, february = dt.date(2024, 1, 31), dt.date(2024, 2, 1)
    rows = [
        (1, january, "N1", 330, 725, 4, 39.0, None, 20, 180, None, None, None, 0, 1.0, "r1"),
        (2, january, "N2", 305, 1440, 4, 39.0, None, None, None, None, None, None, 0, 0.0, "r2"),
        (1, february, "N1", 120, 30, 5, None, None, 20, 180, 0.5, 0.5, 1.0, 1, None, "r3"),
        (3, february, None, 239, 545, 5, None, None, None, None, None, None, None, None, 1.0, "r4"),
    ]
    columns = (
        "flight int, flight_date date, tailnum string, sched_dep_minute int, sched_arr_minute int, "
        "day_of_week int, temp double, wind_gust double, plane_age int, plane_seats int, "
        "carrier_late_rate_28d double, route_late_rate_28d double, aircraft_late_rate_28d double, "
        "aircraft_flights_28d int, is_late double, _row_id string"
    )
    expected = spark.createDataFrame(rows, columns)
    built = flights.build(tables(spark), label="is_late", kept=["is_late", "_row_id"])
    actual = built.select(*expected.columns)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_nothing_that_is_known_only_later_is_a_feature(spark: SparkSession) -> None:
    built = flights.build(tables(spark), label="is_late", kept=["is_late", "_row_id"])
    assert not LATER_KNOWN & set(built.columns)
    assert [name for name in built.columns if "is_late" in name] == ["is_late"]
