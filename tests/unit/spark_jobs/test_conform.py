"""Text becomes a value only where it is written as the contract says; all else becomes null."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs.conform import cast_text, present_text
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark


def texts_of(spark: SparkSession, texts: list[str | None]) -> DataFrame:
    return spark.createDataFrame([(text,) for text in texts], "text string")


def cast_to_each(texts: DataFrame, contract: Dataset) -> DataFrame:
    columns = [c for c in contract.columns if c.name != "text"]
    return texts.select("text", *(cast_text(F.col("text"), c).alias(c.name) for c in columns))


def test_a_number_is_taken_whole_or_not_at_all(spark: SparkSession) -> None:
    contract = contract_of("""
        columns:
          text: {type: string, required: true}
          small: {type: int}
          big: {type: long}
          real: {type: double}
        key: [text]
    """)
    rows: list[tuple[str | None, int | None, int | None, float | None]] = [
        ("517", 517, 517, 517.0),
        ("517.0", 517, 517, 517.0),
        ("-3", -3, -3, -3.0),
        ("+3", 3, 3, 3.0),
        ("12.7", None, None, 12.7),
        (".5", None, None, 0.5),
        ("1e3", None, None, 1000.0),
        ("1.2345678E7", 12345678, 12345678, 12345678.0),
        ("-1.0E7", -10000000, -10000000, -10000000.0),
        ("2.147483648E9", None, 2147483648, 2147483648.0),
        ("1.25E1", None, None, 12.5),
        ("2147483648", None, 2147483648, 2147483648.0),
        ("9223372036854775808", None, None, 9223372036854775808.0),
        ("NaN", None, None, None),
        ("Infinity", None, None, None),
        ("1e400", None, None, None),
        ("1,5", None, None, None),
        ("0x10", None, None, None),
        ("1d", None, None, None),
        ("", None, None, None),
        (None, None, None, None),
    ]
    actual = cast_to_each(texts_of(spark, [row[0] for row in rows]), contract)
    expected = spark.createDataFrame(rows, "text string, small int, big long, real double")
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_a_truth_value_has_few_spellings(spark: SparkSession) -> None:
    contract = contract_of("""
        columns: {text: {type: string, required: true}, truth: {type: boolean}}
        key: [text]
    """)
    rows: list[tuple[str | None, bool | None]] = [
        *[(text, True) for text in ("true", "T", "Yes", "y", "1")],
        *[(text, False) for text in ("FALSE", "f", "no", "N", "0")],
        *[(text, None) for text in ("2", "on", "wahr", None)],
    ]
    actual = cast_to_each(texts_of(spark, [row[0] for row in rows]), contract)
    expected = spark.createDataFrame(rows, "text string, truth boolean")
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_without_a_format_a_time_is_iso_text_with_its_day_and_becomes_utc(
    spark: SparkSession,
) -> None:
    contract = contract_of("""
        columns:
          text: {type: string, required: true}
          day: {type: date}
          moment: {type: timestamp}
        key: [text]
    """)
    noon = "2024-03-01 12:00:00"
    rows: list[tuple[str | None, dt.date | None, str | None]] = [
        ("2024-03-01", dt.date(2024, 3, 1), "2024-03-01 00:00:00"),
        ("2024-03-01 12:00:00", None, noon),
        ("2024-03-01T14:00:00+02:00", None, noon),
        ("2024-03-01T12:00:00Z", None, noon),
        ("2024-02-30", None, None),
        ("2024-03-01 or so", None, None),
        ("12:00", None, None),
        ("2024", None, None),
        ("now", None, None),
        (None, None, None),
    ]
    cast = cast_to_each(texts_of(spark, [row[0] for row in rows]), contract)
    actual = cast.withColumn("moment", F.date_format("moment", "yyyy-MM-dd HH:mm:ss"))
    expected = spark.createDataFrame(rows, "text string, day date, moment string")
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_of_several_formats_the_first_that_fits_is_taken_and_no_other_is(
    spark: SparkSession,
) -> None:
    contract = contract_of("""
        columns:
          text: {type: string, required: true}
          day: {type: date, formats: [dd.MM.yyyy, yyyy/MM/dd]}
          moment: {type: timestamp, formats: ["yyyy-MM-dd'T'HH:mm:ssX", "dd.MM.yyyy"]}
        key: [text]
    """)
    rows: list[tuple[str | None, dt.date | None, str | None]] = [
        ("02.03.2024", dt.date(2024, 3, 2), "2024-03-02 00:00:00"),
        ("2024/03/02", dt.date(2024, 3, 2), None),
        ("2024-03-02", None, None),
        ("2024-03-02T01:00:00+02", None, "2024-03-01 23:00:00"),
        ("31.02.2024", None, None),
        (None, None, None),
    ]
    cast = cast_to_each(texts_of(spark, [row[0] for row in rows]), contract)
    actual = cast.withColumn("moment", F.date_format("moment", "yyyy-MM-dd HH:mm:ss"))
    expected = spark.createDataFrame(rows, "text string, day date, moment string")
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_blank_text_and_the_contracts_null_values_are_no_value(spark: SparkSession) -> None:
    texts = texts_of(spark, [" a b ", "NA", " NA ", "na", "", "  ", None])
    actual = texts.select("text", present_text("text", null_values=["NA"]).alias("present"))
    rows = [
        (" a b ", "a b"),
        ("NA", None),
        (" NA ", None),
        ("na", "na"),
        ("", None),
        ("  ", None),
        (None, None),
    ]
    expected = spark.createDataFrame(rows, "text string, present string")
    assert_df_equality(actual, expected, ignore_row_order=True)
