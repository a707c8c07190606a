"""The types of a contract's columns, by the names that Spark has for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conf.document import Section

TYPES = ("string", "int", "long", "double", "boolean", "date", "timestamp")
DECIMAL = "decimal"
INTEGERS = ("int", "long")
NUMBERS = (*INTEGERS, "double", DECIMAL)
MOMENTS = ("date", "timestamp")
MOST_DIGITS = 38  # of a decimal, to Spark
_DECIMAL = re.compile(r"decimal\(\s*(?P<digits>[0-9]{1,3})\s*,\s*(?P<scale>[0-9]{1,3})\s*\)")
_BYTES = (
    "bytes are no column of a contract, for no rule can judge them; keep them in files of their "
    "own and their addresses in a string column"
)


def read_type(section: Section) -> str:
    """Read the type of a column, a decimal as `decimal(<digits>,<scale>)`; "" for none."""
    stated = section.values.get("type")
    if not isinstance(stated, str) or not stated.startswith((DECIMAL, "binary")):
        read = section.choice("type", (*TYPES, "decimal(p,s)"))
        return read if read == stated else ""
    match = _DECIMAL.fullmatch(stated)
    if match is None:
        section.refuse(f"{section.where_of('type')}: 'type' is {stated!r}; {_reason(stated)}")
        return ""
    digits, scale = int(match["digits"]), int(match["scale"])
    if not (1 <= digits <= MOST_DIGITS and scale <= digits):
        section.refuse(
            f"{section.where_of('type')}: 'type' is {stated!r}; a decimal has 1 to {MOST_DIGITS} "
            "digits, and at most all of them behind the mark"
        )
        return ""
    return f"{DECIMAL}({digits},{scale})"


def kind_of(column_type: str) -> str:
    """Return the name of a type without its digits."""
    return column_type.partition("(")[0]


def digits_of(decimal: str) -> tuple[int, int]:
    """Return how many digits a decimal type has, and how many of them behind the mark."""
    digits, _, scale = decimal.removeprefix(f"{DECIMAL}(").removesuffix(")").partition(",")
    return int(digits), int(scale)


def _reason(stated: str) -> str:
    if stated.startswith("binary"):
        return _BYTES
    if "(" in stated and ")" not in stated:
        return "between braces its comma ends it: write it in quotes, 'decimal(12,2)'"
    return "it says how many digits it has, and how many behind the mark: 'decimal(12,2)'"
