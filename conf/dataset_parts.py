"""The parts of a contract: sources, columns, label and split, as a file states them."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from conf.columns import BROKEN_RULES, ORIGINAL, REASON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.document import Section

FORMATS = ("csv", "jsonl", "parquet", "delta")
TYPES = ("string", "int", "long", "double", "boolean", "date", "timestamp")
# The lake's own columns that no leading underscore tells apart.
RESERVED = (BROKEN_RULES, ORIGINAL, REASON)
# Spark's integers, by the bits of their values.
BITS = {"int": 31, "long": 63}
SPLITS = ("train", "validation", "test")
Bound = float | int | str


@dataclass(frozen=True)
class Source:
    """Raw data: where it arrives, a glob below the lake (a folder for Delta), and its format.

    `compare` says how a file that changed is told: by its size and time, or by its content too.
    """

    path: str
    format: str
    compare: str


@dataclass(frozen=True)
class Column:
    """One column: its type, how its text may be written, and which values are valid."""

    name: str
    type: str
    required: bool
    formats: tuple[str, ...]
    minimum: Bound | None
    maximum: Bound | None
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """The column that is predicted: a SQL expression computes it, null while it is not known."""

    name: str
    expression: str


@dataclass(frozen=True)
class Split:
    """Rows that train, validate and test: shares by hash of the key or a group, or bounds in time.

    `parts` maps each split to its share (by key, by group) or its first day (by time); a time
    split ends on the day before `end`.
    """

    by: str
    column: str | None
    parts: Mapping[str, float | dt.date]
    end: dt.date | None


def read_source(section: Section) -> Source:
    section.allow("path", "format", "compare")
    path = section.value("path", str)
    if path.startswith("/") or ".." in Path(path).parts or "://" in path:
        section.refuse(
            f"{section.where_of('path')}: path {path!r} is not below the lake; write it relative"
        )
    return Source(
        path,
        section.choice("format", FORMATS),
        section.choice("compare", ("listing", "content"), "listing"),
    )


def read_column(name: str, section: Section) -> Column:
    section.allow("type", "required", "formats", "min", "max", "allowed", "description")
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


def read_label(section: Section) -> Label | None:
    if not section.values:
        return None
    section.allow("name", "expression")
    return Label(section.value("name", str), section.value("expression", str))


def read_split(section: Section) -> Split | None:
    if not section.values:
        return None
    section.allow("by", "column", "end", *SPLITS)
    by = section.choice("by", ("key", "group", "time"))
    if section.values.get("by") != by:  # refused: nobody knows what the other keys are to be
        return None
    column = section.value("column", str, None)
    if (column is None) != (by == "key"):
        section.refuse(
            f"{section.where}: by {by!r} {'needs' if column is None else 'has no'} column"
        )
    return _split_by_time(section, column) if by == "time" else _shares(section, by, column)


def _split_by_time(section: Section, column: str | None) -> Split:
    starts = {part: section.value(part, dt.date) for part in SPLITS}
    end = section.value("end", dt.date)
    days = [*starts.values(), end]
    are_days = all(type(section.values.get(name)) is dt.date for name in (*SPLITS, "end"))
    if are_days and not all(day < later for day, later in pairwise(days)):
        section.refuse(f"{section.where}: train, validation, test and end must follow in time")
    return Split("time", column, dict(starts), end)


def _shares(section: Section, by: str, column: str | None) -> Split:
    shares = {part: section.value(part, float) for part in SPLITS}
    are_numbers = all(type(section.values.get(part)) in {int, float} for part in SPLITS)
    are_shares = min(shares.values()) > 0 and math.isclose(sum(shares.values()), 1)
    if are_numbers and not are_shares:
        section.refuse(f"{section.where}: shares {shares} must be positive and add up to 1")
    return Split(by, column, dict(shares), None)
