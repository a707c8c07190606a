"""What a dataset is learnt from: its label, and the rows that train, validate and test."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.document import Section

SPLITS = ("train", "validation", "test")


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
