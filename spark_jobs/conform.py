"""Cast text to the contract's types; text that does not parse becomes null, which rules name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.column_type import MOMENTS, NUMBERS, kind_of
from spark_jobs.conform_numbers import cast_number
from spark_jobs.conform_times import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn

    from conf.dataset_column import Column

WHITE_SPACE = " \t\r\n"


def present_text(name: str, *, null_values: Sequence[str]) -> SparkColumn:
    """Return a column's trimmed text; null where the contract says that it means no value."""
    text = F.btrim(F.col(name), F.lit(WHITE_SPACE))
    return F.when(~text.isin("", *null_values), text)


def cast_text(text: SparkColumn, column: Column) -> SparkColumn:
    """Cast present text to the column's type; null where it is not written as the contract says."""
    if column.type == "string":
        return text
    if column.type in MOMENTS:
        return parse_time(text, column)
    if kind_of(column.type) in NUMBERS:
        return cast_number(text, column)
    lowered = F.lower(text)
    return F.when(lowered.isin(*column.notation.true_values), F.lit(True)).when(  # noqa: FBT003 # a literal
        lowered.isin(*column.notation.false_values),
        F.lit(False),  # noqa: FBT003 # a literal
    )
