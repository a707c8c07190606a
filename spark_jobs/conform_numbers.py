"""Read numbers from text as a contract says that they are written, and lose no digit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.column_notation import WHOLE, digits_before_factor
from conf.column_type import DECIMAL, INTEGERS, digits_of, kind_of

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn

    from conf.column_notation import Notation
    from conf.dataset_column import Column

INTEGER_TEXT = r"^[+-]?[0-9]+(\.0*)?$"
NUMBER_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
EXPONENT_TEXT = r"^-?[0-9]\.[0-9]+E[0-9]{1,2}$"  # of a whole number stored as a double, by Java
# Of two digits: Java would take minutes and memory for a decimal of the exponent -999999999.
DECIMAL_TEXT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"
_BLANKS = "[\\s\u00a0\u202f]*"


def cast_number(text: SparkColumn, column: Column) -> SparkColumn:
    """Cast text to a column of numbers; null where it is none, or has more digits than the type."""
    plain, factor = plain_number(text, column.notation), column.notation.factor
    if column.type == "double":
        # Spark would take "NaN" for a number, and make "1e400" infinite.
        number = plain.cast("double") * float(factor) if factor else plain.cast("double")
        return F.when(plain.rlike(NUMBER_TEXT) & (F.abs(number) < float("inf")), number)
    if factor:
        return _multiplied(plain, column.type, factor)
    if kind_of(column.type) == DECIMAL:
        return exact_decimal(plain, *digits_of(column.type))
    # Most are written as Spark writes them, which is told without a pattern.
    number = plain.cast(column.type)
    return F.when(number.cast("string") == plain, number).otherwise(_whole(plain, column.type))


def _whole(plain: SparkColumn, column_type: str) -> SparkColumn:
    """Cast number text of any form to an integer; null where it is not whole."""
    # JSON's reader makes 12345678.0 into 1.2345678E7; through text, since a cast of a number wraps.
    # Spark would cut "12.7" to 12.
    whole = plain.cast("decimal(38,9)")
    in_full = F.when(whole == F.floor(whole), whole.cast("decimal(29,0)").cast("string"))
    written = F.when(plain.rlike(EXPONENT_TEXT), in_full).otherwise(plain)
    return F.when(written.rlike(INTEGER_TEXT), written.cast(column_type))


def plain_number(text: SparkColumn, notation: Notation) -> SparkColumn:
    """Return number text as Spark reads it; null for text with other marks than the notation's."""
    mark, thousands = notation.decimal_mark, notation.thousands
    bare = _without_signs(text, notation.strip) if notation.strip else text
    if mark == "." and not thousands:
        return bare
    written = F.when(bare.rlike(_number_text(mark, thousands)), bare)
    return F.translate(written, f"{mark}{thousands or ''}", ".")


def exact_decimal(plain: SparkColumn, digits: int, scale: int) -> SparkColumn:
    """Cast number text to decimal(digits, scale); null where a digit would be rounded away."""
    mantissa = F.regexp_extract(plain, r"^[+-]?([0-9]*\.?[0-9]*)", 1)
    fraction = F.regexp_extract(mantissa, r"\.([0-9]*)$", 1)
    stated = F.regexp_replace(mantissa, r"\.", "")
    zeros = F.length(F.regexp_extract(stated, "(0*)$", 1))
    exponent = F.regexp_extract(plain, r"[eE]([+-]?[0-9]+)$", 1).cast("int")
    behind = F.length(fraction) - F.coalesce(exponent, F.lit(0)) - zeros
    # Of any exponent: Spark reads 0e99 as too great.
    exact = F.when(zeros == F.length(stated), F.lit("0")).when(behind <= scale, plain)
    return F.when(plain.rlike(DECIMAL_TEXT), exact.cast(f"decimal({digits},{scale})"))


def _multiplied(plain: SparkColumn, column_type: str, factor: str) -> SparkColumn:
    decimal = WHOLE.get(column_type, column_type)
    number = exact_decimal(plain, *digits_before_factor(column_type, factor))
    product = number * F.lit(Decimal(factor))
    fitting = product.cast(decimal)
    exact = F.when(fitting == product, fitting)
    # Through text, since a cast of a number that an integer cannot hold wraps.
    return exact.cast("string").cast(column_type) if column_type in INTEGERS else exact


def _number_text(mark: str, thousands: str | None) -> str:
    """Return the pattern of number text; digits are in groups of three, or in no groups."""
    grouped = f"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    fraction = re.escape(mark)
    return f"^[+-]?((?:{grouped}[0-9]+)({fraction}[0-9]*)?|{fraction}[0-9]+)([eE][+-]?[0-9]+)?$"


def _without_signs(text: SparkColumn, signs: tuple[str, ...]) -> SparkColumn:
    """Remove one of the signs from each end of a text, with the blanks around it."""
    longest_first = sorted(signs, key=len, reverse=True)
    any_sign = f"{_BLANKS}(?:{'|'.join(re.escape(sign) for sign in longest_first)}){_BLANKS}"
    at_the_end = F.regexp_replace(text, f"{any_sign}$", "")
    return F.regexp_replace(at_the_end, f"^([+-]?){any_sign}", "$1")
