"""Days and moments as numbers that an estimator can learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Moments = NDArray[np.datetime64]

PARTS = ("year", "month", "day", "weekday", "days", "is_missing")
MONTHS, HOURS, WEEKDAYS = 12, 24, 7
EPOCH_YEAR, EPOCH_WEEKDAY = 1970, 3  # 1970-01-01 was a Thursday; Monday is 0


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc] # without type hints
    """Turn each column of moments into its PARTS, and its hour if any row has another than 0.

    `days` counts from 1970-01-01. The parts of a missing moment are NaN, but for `is_missing`.
    """

    def fit(self, rows: pd.DataFrame, outcome: object = None) -> Self:
        del outcome
        columns = [_moments(rows, name) for name in rows.columns]
        self.feature_names_in_ = np.asarray(rows.columns, dtype=object)
        self.has_hours_ = [bool(np.nansum(_hours(column))) for column in columns]
        return self

    def transform(self, rows: pd.DataFrame) -> Numbers:
        parts: list[Numbers] = []
        for name, has_hours in zip(self.feature_names_in_, self.has_hours_, strict=True):
            moments = _moments(rows, name)
            parts += [*_parts(moments), *([_hours(moments)] if has_hours else [])]
        return np.column_stack(parts)

    def get_feature_names_out(self, names: object = None) -> NDArray[np.object_]:
        del names
        pairs = zip(self.feature_names_in_, self.has_hours_, strict=True)
        told = [f"{n}_{part}" for n, hours in pairs for part in (*PARTS, *(["hour"] * hours))]
        return np.asarray(told, dtype=object)


def _moments(rows: pd.DataFrame, name: str) -> Moments:
    moments: Moments = rows[name].to_numpy().astype("datetime64[us]")
    return moments


def _parts(moments: Moments) -> list[Numbers]:
    """Return the PARTS of moments, each (n,)."""
    months = _count(moments, "M")
    days = _count(moments, "D")
    since_first = (moments.astype("datetime64[D]") - moments.astype("datetime64[M]")) + 1
    return [
        np.floor(months / MONTHS) + EPOCH_YEAR,
        months % MONTHS + 1,
        np.where(np.isnat(moments), np.nan, since_first.astype("float64")),
        (days + EPOCH_WEEKDAY) % WEEKDAYS,
        days,
        np.isnat(moments).astype("float64"),
    ]


def _hours(moments: Moments) -> Numbers:
    hours: Numbers = _count(moments, "h") % HOURS
    return hours


def _count(moments: Moments, unit: str) -> Numbers:
    """Count the units since 1970; NaN for no moment."""
    counted = moments.astype(f"datetime64[{unit}]").astype("int64").astype("float64")
    return np.where(np.isnat(moments), np.nan, counted)
