"""Days whose counts are unlike those of the same weekday before: by median and MAD."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from conf.spread import spread_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from conf.monitor import Monitor

A_WEEK = 7


@dataclass(frozen=True)
class Anomaly:
    """A day whose value is unlike what is usual on its weekday, in modified z-scores."""

    day: dt.date
    value: float
    usual: float
    score: float


def unusual_counts(
    counts: Mapping[dt.date, int],
    judged: Sequence[dt.date],
    *,
    monitor: Monitor,
    holidays: Collection[dt.date] = (),
) -> list[Anomaly]:
    """Return the days of `judged` with an unusual number of rows; a day that is lacking has none.

    Holidays are neither judged nor usual. A number is unusual that is `anomaly` modified z-scores,
    and the share `volume_change`, away from the median of its weekday. Its chance as that of rare
    events (Poisson) is part of the spread, so that days of few rows may differ.
    """
    usual = _usual(counts, judged, monitor=monitor, holidays=holidays)
    spread = spread_of([(value - m) / m for value, m in usual.before.values() if m > 0])
    found = []
    for day, median in usual.medians.items():
        value = float(counts.get(day, 0))
        if median <= 0:
            continue
        change = (value - median) / median
        score = change / np.hypot(spread, 1 / np.sqrt(median))
        is_large = abs(change) >= monitor.thresholds.volume_change
        if is_large and abs(score) > monitor.thresholds.anomaly:
            found.append(Anomaly(day, value, median, float(score)))
    return found


def unusual_rates(
    hits: Mapping[dt.date, int],
    rows: Mapping[dt.date, int],
    judged: Sequence[dt.date],
    *,
    monitor: Monitor,
    holidays: Collection[dt.date] = (),
) -> list[Anomaly]:
    """Return the days of `judged` with an unusual share of `hits` among `rows`.

    As `unusual_counts`, with the least change `rate_change`, and the chance of a binomial. The
    spread is the standard deviation where that is more: shares that are mostly the same, and now
    and then large, have hardly a MAD. A day without rows is not judged.
    """
    rates = {day: hits.get(day, 0) / of for day, of in rows.items() if of}
    usual = _usual(rates, judged, monitor=monitor, holidays=holidays)
    residuals = [value - median for value, median in usual.before.values()]
    spread = max(spread_of(residuals), float(np.std(residuals)) if residuals else 0.0)
    found = []
    for day, median in usual.medians.items():
        if day not in rates:
            continue
        change = rates[day] - median
        by_chance = np.sqrt(max(median * (1 - median), 0.0) / rows[day])
        scale = float(np.hypot(spread, by_chance))
        score = change / scale if scale else math.copysign(math.inf, change)
        is_large = abs(change) >= monitor.thresholds.rate_change
        if is_large and abs(score) > monitor.thresholds.anomaly:
            found.append(Anomaly(day, rates[day], median, float(score)))
    return found


def has_history(days: Collection[dt.date], judged: Sequence[dt.date], *, monitor: Monitor) -> bool:
    """Return whether any day of `judged` has enough of its weekday before it."""
    return any(len(_before(days, day, judged, ())) >= monitor.history_weeks for day in judged)


@dataclass(frozen=True)
class _Usual:
    """The median of the weekday of each judged day, and each day before with its own."""

    medians: Mapping[dt.date, float]
    before: Mapping[dt.date, tuple[float, float]]


def _usual(
    values: Mapping[dt.date, float],
    judged: Sequence[dt.date],
    *,
    monitor: Monitor,
    holidays: Collection[dt.date],
) -> _Usual:
    medians: dict[dt.date, float] = {}
    before: dict[dt.date, tuple[float, float]] = {}
    for day in judged:
        same = _before(values, day, judged, holidays)
        if day in holidays or len(same) < monitor.history_weeks:
            continue
        medians[day] = float(np.median([values[each] for each in same]))
        before |= {each: (values[each], medians[day]) for each in same}
    return _Usual(medians, before)


def _before(
    days: Collection[dt.date],
    day: dt.date,
    judged: Sequence[dt.date],
    holidays: Collection[dt.date],
) -> list[dt.date]:
    """Return the days before all that are judged that are of the weekday of `day`."""
    first = min(judged)
    return [
        each
        for each in days
        if each < first and (day - each).days % A_WEEK == 0 and each not in holidays
    ]
