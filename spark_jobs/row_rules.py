"""The rules of single rows as Spark's conditions, in the contract's order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.column_type import DECIMAL, digits_of, kind_of
from conf.columns import MALFORMED, UNDECLARED
from conf.dataset_column import (
    HAS_ITS_LENGTH,
    IS_ALLOWED,
    IS_IN_ITS_REFERENCE,
    IS_IN_RANGE,
    IS_REQUIRED,
    MATCHES_ITS_PATTERN,
)
from spark_jobs.conform_numbers import exact_decimal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import Column as SparkColumn

    from conf.dataset import Dataset
    from conf.dataset_column import Column
    from conf.value_rules import Bound


def rules_of(contract: Dataset) -> dict[str, SparkColumn]:
    """Map the name of every rule of a row to its condition; null counts as broken."""
    rules = {"well_formed": F.col(MALFORMED).isNull()}
    for column in contract.columns:
        rules |= {column.rule(what): holds for what, holds in _rules_of_column(column)}
    if contract.new_columns == "fail":
        rules["no_undeclared_columns"] = F.col(UNDECLARED).isNull()
    return rules | {name: F.expr(rule.expression) for name, rule in contract.rules.items()}


def text_of(name: str) -> str:
    """Return the name of the column with the present text of the column `name`."""
    return f"_text_{name}"


def whole_value(pattern: str) -> str:
    """Return the regular expression of the texts that are one match of `pattern`."""
    return f"\\A(?:{pattern})\\z"


def _rules_of_column(column: Column) -> Iterator[tuple[str, SparkColumn]]:
    value, text = F.col(column.name), F.col(text_of(column.name))
    if column.type != "string":
        yield column.is_a_type, text.isNull() | value.isNotNull()
    if column.required:
        yield IS_REQUIRED, text.isNotNull()
    for what, holds in _rules_of_values(column, value):
        yield what, value.isNull() | holds


def _rules_of_values(column: Column, value: SparkColumn) -> Iterator[tuple[str, SparkColumn]]:
    if column.minimum is not None or column.maximum is not None:
        yield IS_IN_RANGE, _in_range(value, column)
    if column.allowed:
        yield IS_ALLOWED, _is_one_of(value, column.allowed, column)
    if column.allowed_from:
        yield IS_IN_ITS_REFERENCE, _is_one_of(value, column.allowed_from.values, column)
    if column.pattern is not None:
        yield MATCHES_ITS_PATTERN, value.rlike(whole_value(column.pattern))
    if column.min_length is not None or column.max_length is not None:
        yield HAS_ITS_LENGTH, _has_length(F.length(value), column)


def _in_range(value: SparkColumn, column: Column) -> SparkColumn:
    def bound(limit: Bound) -> SparkColumn:
        # With all of its digits: a cast to the column's type would round it.
        is_decimal = kind_of(column.type) == DECIMAL
        return F.lit(Decimal(str(limit))) if is_decimal else F.lit(limit).cast(column.type)

    inside = F.lit(True)  # noqa: FBT003 # a literal
    if column.minimum is not None:
        inside &= value >= bound(column.minimum)
    if column.maximum is not None:
        inside &= value <= bound(column.maximum)
    return inside


def _is_one_of(value: SparkColumn, texts: Sequence[str], column: Column) -> SparkColumn:
    if kind_of(column.type) == DECIMAL:
        digits = digits_of(column.type)
        return value.isin(*(exact_decimal(F.lit(text), *digits) for text in texts))
    # As one text: ten thousand values that go to the JVM one by one take seconds.
    return F.expr(f"`{column.name}` in ({', '.join(map(_literal, texts))})")


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _has_length(length: SparkColumn, column: Column) -> SparkColumn:
    fits = F.lit(True)  # noqa: FBT003 # a literal
    if column.min_length is not None:
        fits &= length >= column.min_length
    if column.max_length is not None:
        fits &= length <= column.max_length
    return fits
