"""A column's profile over some rows, as the Spark step `profile_rows` has summed it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from conf.profile_columns import (
    BIN_TOTALS,
    BINS,
    COLUMN,
    DAY,
    EDGES,
    KIND,
    MAXIMUM,
    MINIMUM,
    NULLS,
    PERIOD,
    ROWS,
    SLICE,
    SQUARES,
    TOTAL,
    VALUES,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    # By slice and column.
    Summaries = Mapping[tuple[str, str], "ColumnSummary"]


@dataclass(frozen=True)
class ColumnSummary:
    """The values of a column: counts by bins (k,), and of numbers their sums.

    `bin_totals` (k,) are the sums of the values in each bin, where the profile has them.
    """

    kind: str
    rows: int
    nulls: int
    counts: NDArray[np.float64]
    bin_totals: NDArray[np.float64] | None = None
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0
    squares: float = 0.0

    @property
    def present(self) -> int:
        return self.rows - self.nulls

    @property
    def sums(self) -> NDArray[np.float64]:
        """Return the sum (k,) of the values in each bin; 0 where the profile has none."""
        return np.zeros_like(self.counts) if self.bin_totals is None else self.bin_totals

    @property
    def bin_means(self) -> NDArray[np.float64]:
        """Return the mean (k,) of the values in each bin; 0 for one without rows."""
        there = self.counts > 0
        return np.divide(self.sums, self.counts, out=np.zeros_like(self.sums), where=there)

    @property
    def null_rate(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def mean(self) -> float:
        return self.total / self.present if self.present else float("nan")

    @property
    def deviation(self) -> float:
        """Return the standard deviation of the values, not corrected for their number."""
        if not self.present:
            return float("nan")
        return float(np.sqrt(max(self.squares / self.present - self.mean**2, 0.0)))


@dataclass(frozen=True)
class ColumnBins:
    """The bins that counts are by: upper ends of those of numbers, values of those of texts."""

    edges: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Watching:
    """All that is judged: the training release, the periods, and each day's counts.

    Period 0 is the newest and ends on the day `ends[0]`. `days` has the columns day, column, kind,
    rows, nulls and bins.
    """

    reference: Summaries
    bins: Mapping[str, ColumnBins]
    periods: Mapping[int, Summaries]
    ends: Mapping[int, dt.date]
    days: pd.DataFrame


def read_summaries(folder: Path) -> Watching:
    """Read the tables that `profile_rows` has left in a folder."""
    periods, references, days = (
        pd.read_parquet(folder / name) for name in ("periods", "references", "days")
    )
    return Watching(
        reference=_summaries(references),
        bins={
            row[COLUMN]: ColumnBins(tuple(row[EDGES]), tuple(row[VALUES]))
            for row in references.to_dict("records")
        },
        periods={int(n): _summaries(rows) for n, rows in periods.groupby(PERIOD)},
        ends={int(n): rows[DAY].iloc[0] for n, rows in periods.groupby(PERIOD)},
        days=days,
    )


def _summaries(rows: pd.DataFrame) -> dict[tuple[str, str], ColumnSummary]:
    return {(row[SLICE], row[COLUMN]): _summary(row) for row in rows.to_dict("records")}


def _summary(row: Mapping[str, object]) -> ColumnSummary:
    def number(name: str) -> float | None:
        value = row[name]
        return float(value) if isinstance(value, float) and not np.isnan(value) else None

    totals = row[BIN_TOTALS]
    return ColumnSummary(
        kind=str(row[KIND]),
        rows=int(str(row[ROWS])),
        nulls=int(str(row[NULLS])),
        counts=np.asarray(row[BINS], dtype="float64"),
        bin_totals=None if totals is None else np.asarray(totals, dtype="float64"),
        minimum=number(MINIMUM),
        maximum=number(MAXIMUM),
        total=number(TOTAL) or 0.0,
        squares=number(SQUARES) or 0.0,
    )
