"""Which values of a column are valid, beside its type: limits, lists, patterns, lengths."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from conf.column_type import DECIMAL, MOMENTS, kind_of

if TYPE_CHECKING:
    from conf.document import Section

# Spark's integers, by the bits of their values.
BITS = {"int": 31, "long": 63}
Bound = float | int | str
# What Python says of a pattern that Java takes no more than Python does.
_NO_PATTERN = (
    "missing ), unterminated subpattern",
    "unbalanced parenthesis",
    "unterminated character set",
    "min repeat greater than max repeat",
    "bad escape (end of pattern)",
)


def read_bound(section: Section, name: str, column_type: str) -> Bound | None:
    """Read a limit: a number for numbers, a day or moment for dates and timestamps."""
    limit, kind = section.values.get(name), kind_of(column_type)
    if limit is None or not kind:
        return None
    if kind in MOMENTS and isinstance(limit, dt.date | str):
        return str(limit)
    if isinstance(limit, bool):  # True is an int to Python
        pass
    elif kind == "double" and isinstance(limit, int | float):
        return limit
    elif kind == DECIMAL and _is_decimal(limit):
        return str(limit)
    elif kind in BITS and isinstance(limit, int):
        if not -(2 ** BITS[kind]) <= limit < 2 ** BITS[kind]:
            section.refuse(f"{section.where_of(name)}: {name!r} is {limit}, which is no {kind}")
        return limit
    section.refuse(
        f"{section.where_of(name)}: {name!r} is {limit!r}; it takes a value of the column's type, "
        f"{kind}"
    )
    return None


def read_pattern(section: Section, column_type: str) -> str | None:
    """Read the regular expression of a text, as Java has them."""
    pattern = section.optional("pattern", str)
    if pattern is None:
        return None
    _require_text(section, "pattern", column_type)
    if problem := _problem_of(pattern):
        section.refuse(
            f"{section.where_of('pattern')}: {pattern!r} is no regular expression: {problem}"
        )
    return pattern


def read_lengths(section: Section, column_type: str) -> tuple[int | None, int | None]:
    """Read the least and the greatest number of characters of a text."""
    lengths = []
    for name in ("min_length", "max_length"):
        length = section.optional(name, int)
        if length is not None:
            _require_text(section, name, column_type)
            if length < 0:
                section.refuse(
                    f"{section.where_of(name)}: {name!r} is {length}; no text is shorter than 0"
                )
        lengths.append(length)
    least, most = lengths
    if least is not None and most is not None and least > most:
        section.refuse(f"{section.where_of('max_length')}: 'max_length' is below 'min_length'")
    return least, most


def _require_text(section: Section, key: str, column_type: str) -> None:
    if column_type not in {"string", ""}:
        section.refuse(
            f"{section.where_of(key)}: {key!r} is for columns of string; this one is a "
            f"{kind_of(column_type)}"
        )


def _is_decimal(limit: object) -> bool:
    try:
        return isinstance(limit, int | float | str) and Decimal(str(limit)).is_finite()
    except InvalidOperation:
        return False


def _problem_of(pattern: str) -> str | None:
    """Return why a pattern cannot be read, as far as Python can tell for Java."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is allowed, and means something else to Java
            re.compile(pattern)
    except re.error as error:
        return f"{error.msg} at character {error.pos}" if error.msg in _NO_PATTERN else None
    return None
