"""Numbers are read as the contract says that they are written, and no digit is lost or made up."""

from __future__ import annotations

from decimal import Context, Decimal
from itertools import product
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs.conform import cast_text
from tests.contracts import contract_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark


def cast_all(spark: SparkSession, texts: Sequence[str | None], columns: Sequence[str]) -> DataFrame:
    """Return texts and their values as columns a, b, …, each declared as stated."""
    names = [chr(ord("a") + place) for place in range(len(columns))]
    declared = "".join(f"\n          {n}: {{{s}}}" for n, s in zip(names, columns, strict=True))
    contract = contract_of(f"""
        columns:
          text: {{type: string, required: true}}{declared}
        key: [text]
    """)
    rows = spark.createDataFrame([(text,) for text in texts], "text string")
    values = (cast_text(F.col("text"), contract.column(name)).alias(name) for name in names)
    return rows.select("text", *values)


def expect(
    spark: SparkSession, columns: Sequence[str], rows: Sequence[tuple[object, ...]], types: str
) -> None:
    actual = cast_all(spark, [str(row[0]) for row in rows], columns)
    assert_df_equality(actual, spark.createDataFrame(list(rows), types), ignore_row_order=True)


def test_a_decimal_has_every_digit_of_its_text_or_is_none(spark: SparkSession) -> None:
    rows: list[tuple[object, ...]] = [
        ("12.34", Decimal("12.34"), None, Decimal("12.34")),
        ("12.340", Decimal("12.34"), None, Decimal("12.34")),
        ("12.345", None, None, Decimal("12.345")),
        ("-0.01", Decimal("-0.01"), None, Decimal("-0.01")),
        ("+7", Decimal("7.00"), Decimal(7), Decimal(7)),
        ("7.", Decimal("7.00"), Decimal(7), Decimal(7)),
        (".5", Decimal("0.50"), None, Decimal("0.5")),
        ("0.000", Decimal("0.00"), Decimal(0), Decimal(0)),
        ("999.99", Decimal("999.99"), None, Decimal("999.99")),
        ("1000", None, Decimal(1000), Decimal(1000)),
        ("123456", None, None, Decimal(123456)),
        ("1.2345E2", Decimal("123.45"), None, Decimal("123.45")),
        ("1.23456E2", None, None, Decimal("123.456")),
        ("1.234E2", Decimal("123.40"), None, Decimal("123.4")),
        ("1200e-1", Decimal("120.00"), Decimal(120), Decimal(120)),
        ("5e-3", None, None, Decimal("0.005")),
        ("1e999999999", None, None, None),
        ("1e-999999999", None, None, None),
        ("0.1000000000000000055511151231257827", None, None, None),
        ("0." + "1" * 20, None, None, Decimal("0." + "1" * 20)),
        ("1,5", None, None, None),
        ("NaN", None, None, None),
        ("x", None, None, None),
    ]
    columns = ['type: "decimal(5,2)"', "type: 'decimal(5, 0)'", 'type: "decimal(38,20)"']
    types = "text string, a decimal(5,2), b decimal(5,0), c decimal(38,20)"
    expect(spark, columns, rows, types)


def test_marks_of_a_number_are_those_of_the_contract_and_no_others(spark: SparkSession) -> None:
    rows: list[tuple[object, ...]] = [
        ("1.234.567,5", 1234567.5, Decimal("1234567.50"), None, None),
        ("1234,5", 1234.5, Decimal("1234.50"), None, None),
        ("-1.234", -1234.0, Decimal("-1234.00"), -1234, -1.234),
        ("1.5", None, None, None, 1.5),
        ("12.34", None, None, None, 12.34),
        ("1.2345", None, None, None, 1.2345),
        (".123", None, None, None, 0.123),
        ("1,234.5", None, None, None, 1234.5),
        ("1,234", 1.234, None, None, 1234.0),
        ("1'234", None, None, None, None),
        ("12,0", 12.0, Decimal("12.00"), 12, None),
        (",5", 0.5, Decimal("0.50"), None, None),
        ("1.234,5e1", 12345.0, Decimal("12345.00"), None, None),
        ("7", 7.0, Decimal("7.00"), 7, 7.0),
    ]
    german = "decimal_mark: ',', thousands: '.'"
    columns = [
        f"type: double, {german}",
        f"type: 'decimal(12,2)', {german}",
        f"type: int, {german}",
        "type: double, thousands: ','",
    ]
    types = "text string, a double, b decimal(12,2), c int, d double"
    expect(spark, columns, rows, types)


def test_signs_of_currencies_are_taken_from_the_ends_of_a_number(spark: SparkSession) -> None:
    rows: list[tuple[object, ...]] = [
        ("€ 5", 5.0, 5),
        ("5 €", 5.0, 5),
        ("5\u00a0€", 5.0, 5),
        ("-€5", -5.0, -5),
        ("€-5", -5.0, -5),
        ("$US 12", 12.0, 12),
        ("$12", 12.0, 12),
        ("kr. 1.5", 1.5, None),
        ("12 %", 12.0, 12),
        ("5", 5.0, 5),
        ("5 EUR", None, None),
        ("1€2", None, None),
        ("€€5", None, None),
        ("€", None, None),
    ]
    strip = 'strip: ["€", "$", "$US", "%", "kr."]'
    columns = [f"type: double, {strip}", f"type: int, {strip}"]
    expect(spark, columns, rows, "text string, a double, b int")


def test_a_number_is_stored_times_its_factor_with_every_digit(spark: SparkSession) -> None:
    rows: list[tuple[object, ...]] = [
        ("100", Decimal("30.48"), 30.48, 100_000, 100_000),
        ("12.5", Decimal("3.81"), 3.81, 12_500, 12_500),
        ("1", None, 0.3048, 1000, 1000),
        ("0.0625", None, 0.01905, None, None),
        ("2147484", None, 654553.1232, None, 2_147_484_000),
        ("-2.5E2", Decimal("-76.20"), -76.2, -250_000, -250_000),
        ("x", None, None, None, None),
        ("NaN", None, None, None, None),
    ]
    columns = [
        "type: 'decimal(6,2)', factor: 0.3048",
        "type: double, factor: 0.3048",
        "type: int, factor: 1000",
        "type: long, factor: 1000",
    ]
    types = "text string, a decimal(6,2), b double, c int, d long"
    expect(spark, columns, rows, types)


def test_a_decimal_is_what_its_text_says_wherever_its_type_has_the_digits(
    spark: SparkSession,
) -> None:
    whole = ["", "0", "00", "7", "10", "999", "123456", "4" * 30]
    fractions = ["", ".", ".0", ".5", ".50", ".125", ".0010", "." + "0" * 40, ".0005"]
    exponents = ["", "e0", "E2", "e-2", "e+1", "e37", "E-40", "e99"]
    parts = product(["", "-", "+"], whole, fractions, exponents)
    texts = ["".join(some) for some in parts if some[1] or len(some[2]) > 1]
    found = cast_all(spark, texts, ["type: 'decimal(8,3)'"]).collect()
    thousandths = {text: Decimal(text).scaleb(3, Context(prec=200)) for text in texts}
    fits = {t: abs(v) < 10**8 and v == v.to_integral_value() for t, v in thousandths.items()}
    assert {row["text"]: row["a"] for row in found} == {
        text: Decimal(text) if fits[text] else None for text in texts
    }
    assert sum(fits.values()) > 300
