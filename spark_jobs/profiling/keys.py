"""Find the columns that identify the rows of files: alone, or a few together."""

from __future__ import annotations

from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, Protocol

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

# Of how many columns combinations of two, three and four are tried.
WIDTHS = {2: 12, 3: 12, 4: 8}
SAMPLE = 20_000  # rows in which two that are equal disprove a combination
ERROR = 0.02  # of an approximate count of distinct values
MOST_KEYS = 3


class Counted(Protocol):
    """What this needs to know of a column."""

    @property
    def name(self) -> str: ...

    @property
    def filled(self) -> int: ...

    @property
    def distinct(self) -> int: ...

    @property
    def type(self) -> str: ...


def find_keys(rows: DataFrame, columns: Sequence[Counted], count: int) -> list[tuple[str, ...]]:
    """Return the smallest combinations of columns that no two of `count` rows share, if any.

    A key has a value in every row. Measurements (numbers with a fraction) identify nothing, even
    where no two are equal. Of keys with as many columns, the one whose columns have fewer values
    comes first: it has no room for more than what it needs.
    """
    if count < 2:  # noqa: PLR2004 # of fewer rows every column is a key
        return []
    complete = [c for c in columns if c.filled == count and c.type not in {"double", "boolean"}]
    alone: list[tuple[str, ...]] = [(c.name,) for c in complete if c.distinct == count]
    if alone:
        return alone[:MOST_KEYS]
    several = sorted((c for c in complete if c.distinct > 1), key=lambda c: -c.distinct)
    for size, width in WIDTHS.items():
        names = [
            tuple(column.name for column in some)
            for some in sorted(combinations(several[:width], size), key=_room)
            if _room(some) >= count
        ]
        found = _unique(rows, names, count)
        if found:
            return found
    return []


def _room(columns: Sequence[Counted]) -> int:
    return prod(column.distinct for column in columns)


def _unique(
    rows: DataFrame, candidates: Sequence[tuple[str, ...]], count: int
) -> list[tuple[str, ...]]:
    """Return those of some combinations that are unique: few are counted exactly, in all rows."""
    named = sorted({name for names in candidates for name in names})
    if not named:
        return []
    sample = [row.asDict() for row in rows.select(*named).limit(SAMPLE).collect()]
    possible = [names for names in candidates if not _has_equals(sample, names)]
    found: list[tuple[str, ...]] = []
    for names in _likely(rows, possible, count):
        if rows.select(*names).distinct().count() == count:
            found.append(names)
        if len(found) == MOST_KEYS:
            break
    return found


def _has_equals(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> bool:
    seen = set()
    for row in rows:
        key = tuple(row[name] for name in names)
        if key in seen:
            return True
        seen.add(key)
    return False


def _likely(
    rows: DataFrame, candidates: Sequence[tuple[str, ...]], count: int
) -> list[tuple[str, ...]]:
    """Return those of some combinations that are unique by an approximate count, in one pass."""
    if not candidates:
        return []
    counts = rows.agg(
        *(
            F.approx_count_distinct(F.struct(*names), ERROR).alias(f"count_{place}")
            for place, names in enumerate(candidates)
        )
    ).first()
    least = count * (1 - 3 * ERROR)
    return [
        names
        for place, names in enumerate(candidates)
        if counts is not None and counts[f"count_{place}"] >= least
    ]
