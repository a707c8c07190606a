"""Cast text to the contract's types; text that does not parse becomes null, which rules name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn

    from conf.dataset_column import Column

INTEGER_TEXT = r"^[+-]?[0-9]+(\.0*)?$"
NUMBER_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
EXPONENT_TEXT = r"^-?[0-9]\.[0-9]+E[0-9]{1,2}$"  # of a whole number stored as a double, by Java
DATE_TEXT = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
TIMESTAMP_TEXT = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ].+)?$"
WHITE_SPACE = " \t\r\n"
TRUE_TEXTS = ("true", "t", "yes", "y", "1")
FALSE_TEXTS = ("false", "f", "no", "n", "0")


def present_text(name: str, *, null_values: Sequence[str]) -> SparkColumn:
    """Return a column's trimmed text; null where the contract says that it means no value."""
    text = F.btrim(F.col(name), F.lit(WHITE_SPACE))
    return F.when(~text.isin("", *null_values), text)


def cast_text(text: SparkColumn, column: Column) -> SparkColumn:
    """Cast present text to the column's type; null where it is not written as the contract says."""
    if column.type == "string":
        return text
    if column.type in {"date", "timestamp"}:
        return _parse_time(text, column)
    if column.type == "boolean":
        lowered = F.lower(text)
        return F.when(lowered.isin(*TRUE_TEXTS), F.lit(True)).when(  # noqa: FBT003 # a literal
            lowered.isin(*FALSE_TEXTS),
            F.lit(False),  # noqa: FBT003 # a literal
        )
    # Spark would cut "12.7" to 12, take "NaN" for a number, and make "1e400" infinite.
    if column.type == "double":
        is_number = text.rlike(NUMBER_TEXT) & (F.abs(text.cast("double")) < float("inf"))
        return F.when(is_number, text.cast(column.type))
    # JSON's reader makes 12345678.0 into 1.2345678E7; through text, since a cast of a number wraps.
    whole = text.cast("decimal(38,9)")
    in_full = F.when(whole == F.floor(whole), whole.cast("decimal(29,0)").cast("string"))
    written = F.when(text.rlike(EXPONENT_TEXT), in_full).otherwise(text)
    return F.when(written.rlike(INTEGER_TEXT), written.cast(column.type))


def _parse_time(text: SparkColumn, column: Column) -> SparkColumn:
    """Parse text by the first accepted format that fits; without formats, as ISO 8601."""
    if not column.formats:
        # Spark would take "12:30" for a time of today, and a day out of "2024-01-02 or so".
        written = DATE_TEXT if column.type == "date" else TIMESTAMP_TEXT
        return F.when(text.rlike(written), text.cast(column.type))
    parsed = F.coalesce(*(F.try_to_timestamp(text, F.lit(f)) for f in column.formats))
    return parsed.cast(column.type)
