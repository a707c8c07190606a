"""How the values of a column are written as text: marks, signs, units, zones, truth values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from conf.column_type import DECIMAL, INTEGERS, MOST_DIGITS, NUMBERS, digits_of, kind_of

if TYPE_CHECKING:
    from conf.document import Section

TRUE_TEXTS = ("true", "t", "yes", "y", "1")
FALSE_TEXTS = ("false", "f", "no", "n", "0")
# Formats of moments that are numbers, which no pattern of Spark's can say.
EPOCHS = {"epoch_seconds": 0, "epoch_milliseconds": 3}
# The decimals that hold every int and every long.
WHOLE = {"int": "decimal(10,0)", "long": "decimal(19,0)"}
_KEYS = {
    "zone": ("timestamp",),
    "factor": NUMBERS,
    "decimal_mark": NUMBERS,
    "thousands": NUMBERS,
    "strip": NUMBERS,
    "true_values": ("boolean",),
    "false_values": ("boolean",),
}
KEYS = tuple(_KEYS)
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]*(/[A-Za-z0-9_+-]+)+")


@dataclass(frozen=True)
class Notation:
    """How text is read as a value.

    `zone` is that of moments that state none. A number is stored times `factor` (its decimal text,
    so that no digit is lost), without the texts to `strip` from its ends and its `thousands`.
    """

    zone: str | None = None
    factor: str | None = None
    decimal_mark: str = "."
    thousands: str | None = None
    strip: tuple[str, ...] = ()
    true_values: tuple[str, ...] = TRUE_TEXTS
    false_values: tuple[str, ...] = FALSE_TEXTS


PLAIN = Notation()


def read_notation(section: Section, column_type: str) -> Notation:
    kind = kind_of(column_type)
    for key, kinds in _KEYS.items():
        if key in section.values and kind and kind not in kinds:
            section.refuse(
                f"{section.where_of(key)}: {key!r} is for columns of {', '.join(kinds)}; this one "
                f"is a {kind}"
            )
    mark = _mark(section, "decimal_mark") or "."
    thousands = _mark(section, "thousands")
    if mark == thousands:
        where = section.where_of("thousands")
        section.refuse(f"{where}: 'thousands' and 'decimal_mark' are both {mark!r}")
    true, false = (
        tuple(text.lower() for text in section.texts(key)) or default
        for key, default in (("true_values", TRUE_TEXTS), ("false_values", FALSE_TEXTS))
    )
    both = sorted({*true} & {*false})
    if both:
        key = "true_values" if "true_values" in section.values else "false_values"
        section.refuse(f"{section.where_of(key)}: {both} are both true and false")
    return Notation(
        zone=_zone(section),
        factor=_factor(section, column_type),
        decimal_mark=mark,
        thousands=thousands,
        strip=_strip(section, f"{mark}{thousands or ''}"),
        true_values=true,
        false_values=false,
    )


def digits_before_factor(column_type: str, factor: str) -> tuple[int, int]:
    """Return the digits, in all and behind the mark, of numbers that a factor makes the type's.

    A number with more of them has, times the factor, more than the type. Raises ValueError for a
    type with so many digits that Spark could not multiply exactly.
    """
    digits, scale = digits_of(WHOLE.get(column_type, column_type))
    _, stated, exponent = Decimal(factor).as_tuple()
    behind = -int(exponent)
    whole = int("".join(map(str, stated)))
    # A product loses as many digits behind the mark as it ends in zeros: 0.125 times 8 is 1.
    gained = max(_divides(whole, 2), _divides(whole, 5))
    scale_before = max(0, scale - behind + gained)
    in_all = MOST_DIGITS - 1 - max(len(stated), behind)
    if in_all - scale_before < digits - scale + behind:
        raise ValueError(
            f"factor {factor} and a {column_type} have more than {MOST_DIGITS} digits together"
        )
    return in_all, scale_before


def _divides(number: int, prime: int) -> int:
    """Return how often a prime divides a number."""
    times = 0
    while number % prime == 0:
        number //= prime
        times += 1
    return times


def _mark(section: Section, key: str) -> str | None:
    mark = section.optional(key, str)
    if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in "+-"):
        section.refuse(
            f"{section.where_of(key)}: {key!r} is {mark!r}; it is one sign, such as ',' or '.'"
        )
        return None
    return mark


def _strip(section: Section, marks: str) -> tuple[str, ...]:
    texts = section.texts("strip")
    for text in texts:
        has_number = any(sign.isdigit() or sign in "+-" for sign in text)
        if not text.strip() or has_number or text in marks:
            section.refuse(
                f"{section.where_of('strip')}: 'strip' has {text!r}; it takes signs of currencies "
                "and units, and nothing of a number"
            )
    return texts


def _zone(section: Section) -> str | None:
    zone = section.optional("zone", str)
    if zone is None:
        return None
    try:
        known = bool(_ZONE.fullmatch(zone)) and bool(ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        known = False
    if not known:
        section.refuse(
            f"{section.where_of('zone')}: {zone!r} is no time zone of IANA's, such as "
            "'Europe/Berlin' or 'UTC'"
        )
    return zone


def _factor(section: Section, column_type: str) -> str | None:
    stated = section.values.get("factor")
    if stated is None:
        return None
    try:
        factor = Decimal("nan" if isinstance(stated, bool) else str(stated))
    except InvalidOperation:
        factor = Decimal("nan")
    if not factor.is_finite() or factor == 0:
        section.refuse(
            f"{section.where_of('factor')}: 'factor' is {stated!r}; it is a number, and not 0"
        )
        return None
    text = f"{factor:f}"
    if kind_of(column_type) in {*INTEGERS, DECIMAL}:
        try:
            digits_before_factor(column_type, text)
        except ValueError as error:
            section.refuse(f"{section.where_of('factor')}: {error}")
    return text
