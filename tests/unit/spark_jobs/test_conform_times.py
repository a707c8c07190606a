"""A moment without an offset is one of its column's zone; a time that never was is no moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs.conform import cast_text
from tests.contracts import contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def expect(spark: SparkSession, declared: str, moments: Mapping[str, str | None]) -> None:
    """Cast each text to the column that is declared; compare it in UTC, to the microsecond."""
    contract = contract_of(f"""
        columns:
          text: {{type: string, required: true}}
          value: {{{declared}}}
        key: [text]
    """)
    rows = spark.createDataFrame([(text,) for text in moments], "text string")
    value = cast_text(F.col("text"), contract.column("value"))
    actual = rows.select("text", value.cast("string").alias("value"))
    expected = spark.createDataFrame(list(moments.items()), "text string, value string")
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_text_without_an_offset_is_of_the_columns_zone(spark: SparkSession) -> None:
    expect(
        spark,
        "type: timestamp, zone: Europe/Berlin",
        {
            "2024-01-15 12:00:00": "2024-01-15 11:00:00",
            "2024-07-15T12:00:00.25": "2024-07-15 10:00:00.25",
            "2024-07-15": "2024-07-14 22:00:00",
            "2024-07-15 12": "2024-07-15 10:00:00",
            "2024-07-15T12:00:00Z": "2024-07-15 12:00:00",
            "2024-07-15 12:00:00+05:00": "2024-07-15 07:00:00",
            "2024-07-15 12:00:00-01:00": "2024-07-15 13:00:00",
            "2024-07-15 12:00:00 America/New_York": "2024-07-15 16:00:00",
            "noon": None,
        },
    )


def test_a_time_that_clocks_skip_is_none_and_of_one_that_is_twice_the_first_is_meant(
    spark: SparkSession,
) -> None:
    expect(
        spark,
        "type: timestamp, zone: Europe/Berlin",
        {
            "2024-03-31 01:59:59": "2024-03-31 00:59:59",
            "2024-03-31 02:00:00": None,
            "2024-03-31 02:59:59": None,
            "2024-03-31 03:00:00": "2024-03-31 01:00:00",
            "2024-10-27 01:59:59": "2024-10-26 23:59:59",
            "2024-10-27 02:30:00": "2024-10-27 00:30:00",
            "2024-10-27 03:00:00": "2024-10-27 02:00:00",
        },
    )


def test_a_format_that_states_an_offset_is_not_of_the_columns_zone(spark: SparkSession) -> None:
    formats = """formats: ["dd.MM.yyyy HH:mm", "yyyy-MM-dd'T'HH:mm:ssX", "'Zone' yyyyMMdd"]"""
    expect(
        spark,
        f"type: timestamp, zone: America/New_York, {formats}",
        {
            "02.01.2024 12:00": "2024-01-02 17:00:00",
            "10.03.2024 02:30": None,
            "2024-01-02T12:00:00+01": "2024-01-02 11:00:00",
            "Zone 20240102": "2024-01-02 05:00:00",
            "2024-01-02 12:00": None,
        },
    )


def test_seconds_and_milliseconds_since_1970_are_formats(spark: SparkSession) -> None:
    seconds = {
        "1704067200": "2024-01-01 00:00:00",
        "1704067200.5": "2024-01-01 00:00:00.5",
        "1.7040672E9": "2024-01-01 00:00:00",
        "-1": "1969-12-31 23:59:59",
        "0": "1970-01-01 00:00:00",
        "253402300800": None,
        "99999999999999999999": None,
        "0.0000001": None,
        "2024-01-01": None,
        "NaN": None,
    }
    expect(spark, "type: timestamp, formats: [epoch_seconds]", seconds)
    milliseconds = {"1704067200250": "2024-01-01 00:00:00.25", "-1": "1969-12-31 23:59:59.999"}
    expect(spark, "type: timestamp, formats: [epoch_milliseconds]", milliseconds)
    days = {"1704067200": "2024-01-01", "2024-02-03": "2024-02-03", "x": None}
    expect(spark, "type: date, formats: [epoch_seconds, yyyy-MM-dd]", days)
