"""How far the periods of training were from all of training: what is usual, and no finding."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING

from conf.profile_columns import ALL, ROW_COUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conf.monitor import Monitor
    from monitoring.column_summary import ColumnSummary, Summaries, Watching

# NannyML's documentation asks for as many chunks of a reference, of whose spread it makes limits.
FEWEST_PERIODS = 6
FEWEST_ROWS = 20  # with a value: of fewer nothing is said
SINCE = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Usual:
    """The periods of training of one column and slice, and how many deviations are usual.

    A limit is the mean of the periods and `deviations` standard deviations more, as in NannyML's
    documentation, where there are three. Of fewer than FEWEST_PERIODS periods there is none.
    """

    periods: Sequence[ColumnSummary] = ()
    deviations: float = 0.0

    def most(self, measure: Callable[[ColumnSummary], float]) -> float | None:
        """Return the greatest value of a measure that is usual; None where that is not known."""
        return self._limit([measure(each) for each in self._known()], self.deviations)

    def least(self, measure: Callable[[ColumnSummary], float]) -> float | None:
        """Return the least value of a measure that is usual; None where that is not known."""
        return self._limit([measure(each) for each in self._known()], -self.deviations)

    def most_nulls(self) -> float | None:
        """Return the greatest share of nulls that is usual; None where that is not known."""
        rates = [each.null_rate for each in self.periods if each.rows >= FEWEST_ROWS]
        return self._limit(rates, self.deviations)

    def _known(self) -> list[ColumnSummary]:
        return [each for each in self.periods if each.present >= FEWEST_ROWS]

    def _limit(self, values: Sequence[float], deviations: float) -> float | None:
        if len(values) < FEWEST_PERIODS:
            return None
        return fmean(values) + deviations * stdev(values)


def usual_of(
    watching: Watching, periods: Sequence[Summaries], part: str, column: str, *, monitor: Monitor
) -> Usual:
    """Return what is usual of a column in a slice, from `periods_of_training`.

    All slices of all columns together are as likely to be beyond their limits as one column of all
    rows is beyond its own (Bonferroni).
    """
    deviations = monitor.thresholds.anomaly
    of_slices = sum(each != ALL for each, _ in watching.reference)
    if part != ALL and of_slices:
        deviations = -NormalDist().inv_cdf(NormalDist().cdf(-deviations) / of_slices)
    found = [summaries.get((part, column)) for summaries in periods]
    return Usual([each for each in found if each is not None], deviations)


def periods_of_training(watching: Watching, *, monitor: Monitor) -> list[Summaries]:
    """Return the periods, but for the judged one, all of whose days the training release spans."""
    rows = watching.reference.get((ALL, ROW_COUNT))
    if rows is None or rows.minimum is None or rows.maximum is None:
        return []  # its rows have no day
    first, last = (SINCE + dt.timedelta(day) for day in (rows.minimum, rows.maximum))
    length = dt.timedelta(monitor.period_days - 1)
    return [
        summaries
        for number, summaries in watching.periods.items()
        if number and first <= watching.ends[number] - length and watching.ends[number] <= last
    ]
