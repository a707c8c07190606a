"""A column of a dataset: its type, how its text may be written, and which values are valid."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.columns import BROKEN_RULES, ORIGINAL, REASON

if TYPE_CHECKING:
    from conf.document import Section

TYPES = ("string", "int", "long", "double", "boolean", "date", "timestamp")
# The lake's own columns that no leading underscore tells apart.
RESERVED = (BROKEN_RULES, ORIGINAL, REASON)
# Spark's integers, by the bits of their values.
BITS = {"int": 31, "long": 63}
# The key of a dataset whose rows have none of their own.
ROW_KEY = "row_id"
Bound = float | int | str


@dataclass(frozen=True)
class Column:
    """One column: its type, how its text may be written, and which values are valid.

    `source` has the names that files may have for it, the first of which that is there counts; a
    path, such as `address.city`, names a nested field. The column that `is_row_id` is in no file:
    it has the lake's own id of the row.
    """

    name: str
    type: str
    required: bool
    formats: tuple[str, ...]
    minimum: Bound | None
    maximum: Bound | None
    allowed: tuple[str, ...]
    source: tuple[str, ...] = ()
    missing: str | None = None
    is_row_id: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that files may have for it."""
        return self.source or (self.name,)


def read_column(name: str, section: Section) -> Column:
    section.allow(
        "type", "required", "formats", "min", "max", "allowed", "description", "source", "missing"
    )
    if name.startswith("_") or name in RESERVED:
        section.refuse(f"{section.where}: this name and those that begin with '_' are the lake's")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        section.refuse(f"{section.where}: a name is letters, digits and underscores")
    return Column(
        name=name,
        type=section.choice("type", TYPES),
        required=section.value("required", bool, default=False),
        formats=section.texts("formats"),
        minimum=_bound(section, "min"),
        maximum=_bound(section, "max"),
        allowed=section.texts("allowed"),
        source=_names(section),
        missing=_missing(section),
    )


def _names(section: Section) -> tuple[str, ...]:
    """Read `source`: one name, or those that were and are used."""
    if isinstance(section.values.get("source"), list):
        return section.texts("source")
    name = section.value("source", str, None)
    return () if name is None else (name,)


def _missing(section: Section) -> str | None:
    if section.values.get("missing", "") is None:  # YAML's own null, unquoted
        return "null"
    return (
        section.choice("missing", ("null", "fail"), None) if "missing" in section.values else None
    )


def _bound(section: Section, name: str) -> Bound | None:
    """Read a limit: a number for numbers, a day or moment for dates and timestamps."""
    limit, kind = section.values.get(name), section.values.get("type")
    if limit is None or kind not in TYPES:
        return None
    if kind in {"date", "timestamp"} and isinstance(limit, dt.date | str):
        return str(limit)
    is_truth = isinstance(limit, bool)  # True is an int to Python
    if kind == "double" and isinstance(limit, int | float) and not is_truth:
        return limit
    if kind in BITS and isinstance(limit, int) and not is_truth:
        if -(2 ** BITS[kind]) <= limit < 2 ** BITS[kind]:
            return limit
        section.refuse(f"{section.where_of(name)}: {name!r} is {limit}, which is no {kind}")
        return None
    section.refuse(
        f"{section.where_of(name)}: {name!r} is {limit!r}; it takes a value of the column's type, "
        f"{kind}"
    )
    return None
