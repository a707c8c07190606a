"""Findings on days: volume, missing days, nulls, late rows and broken rules against their past."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from conf.columns import CLASS, SCORE
from conf.profile_columns import (
    ALL,
    ALL_ROWS,
    ARRIVALS,
    BINS,
    COLUMN,
    DAY,
    KIND,
    NULLS,
    NUMBER,
    OUTCOMES,
    ROWS,
    RULE,
    TEXT,
)
from monitoring.anomalies import has_history, unusual_counts, unusual_rates
from monitoring.finding import HealthFinding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from conf.monitor import Monitor
    from monitoring.anomalies import Anomaly

NOT_JUDGED = frozenset({SCORE, CLASS, *OUTCOMES})  # null before a row is scored


def day_anomalies(
    days: pd.DataFrame, judged: Sequence[dt.date], *, label: str, monitor: Monitor
) -> tuple[list[HealthFinding], list[str]]:
    """Return findings on the days `judged`, and what could not be judged for lack of history.

    Nulls of the `label` are not judged: outcomes come later than their rows.
    """
    of_all = days[days[KIND] == ALL_ROWS]
    rows = _by_day(of_all, of_all[ROWS])
    if not has_history(rows, judged, monitor=monitor):
        return [], [
            f"days are not judged: none has {monitor.history_weeks} of its weekday before it"
        ]
    counts = unusual_counts(rows, judged, monitor=monitor, holidays=monitor.holidays)
    found = [_of_volume(each, monitor) for each in counts]
    judge = partial(_of_rates, judged=judged, monitor=monitor)
    found += judge("late_rows", None, _by_day(of_all, of_all[BINS].str[-1]), rows)
    for (kind, column), values in days.groupby([KIND, COLUMN]):
        if kind in {NUMBER, TEXT} and column not in NOT_JUDGED | {label}:
            nulls, known = (_by_day(values, values[name]) for name in (NULLS, ROWS))
            found += judge("null_rate", column, nulls, known)
    arrivals = days[days[KIND] == ARRIVALS]
    arrived = _by_day(arrivals, arrivals[ROWS])
    for rule, broken in days[days[KIND] == RULE].groupby(COLUMN):
        found += judge("rule_rate", rule, _by_day(broken, broken[BINS].str[0]), arrived)
    return found, []


def freshness(
    days: pd.DataFrame, as_of: dt.date | None, *, monitor: Monitor
) -> tuple[list[HealthFinding], list[str]]:
    """Return a finding where the newest day is older than any gap between days so far allows."""
    there = sorted(days[days[KIND] == ALL_ROWS][DAY])
    if as_of is None or len(there) <= monitor.history_weeks:
        why = "no moment is stated (as_of)" if as_of is None else "there are too few days"
        return [], [f"freshness is not judged: {why}"]
    longest = max((day - before).days for before, day in pairwise(there))
    age, allowed = (as_of - there[-1]).days, longest + monitor.late_after_days
    if age <= allowed:
        return [], []
    cause = (
        f"the newest rows are of {there[-1]}, {age} days before {as_of}; so far no two days with "
        f"rows were more than {longest} apart"
    )
    return [
        HealthFinding(
            kind="freshness",
            column=None,
            slice=ALL,
            day=as_of.isoformat(),
            level=monitor.levels["freshness"],
            cause=cause,
            evidence={"days": age, "reference": longest, "threshold": allowed},
            began=there[-1].isoformat(),
        )
    ], []


def _of_volume(anomaly: Anomaly, monitor: Monitor) -> HealthFinding:
    kind = "volume" if anomaly.value else "missing_day"
    weekday = anomaly.day.strftime("%A")
    cause = (
        f"{anomaly.day} has {anomaly.value:,.0f} rows, and a usual {weekday} has "
        f"{anomaly.usual:,.0f}"
    )
    return _on_day(kind, None, anomaly, cause, monitor)


def _of_rates(
    kind: str,
    column: str | None,
    hits: Mapping[dt.date, int],
    rows: Mapping[dt.date, int],
    *,
    judged: Sequence[dt.date],
    monitor: Monitor,
) -> list[HealthFinding]:
    found = unusual_rates(hits, rows, judged, monitor=monitor, holidays=monitor.holidays)
    told = {
        "late_rows": "of the rows of {day} came late",
        "null_rate": "of the values of {column} on {day} are null",
        "rule_rate": "of the rows that arrived on {day} break {column}",
    }[kind]
    return [
        _on_day(
            kind,
            column,
            each,
            f"{each.value:.1%} {told.format(day=each.day, column=column)}, and usually "
            f"{each.usual:.1%}",
            monitor,
        )
        for each in found
    ]


def _on_day(
    kind: str, column: str | None, anomaly: Anomaly, cause: str, monitor: Monitor
) -> HealthFinding:
    return HealthFinding(
        kind=kind,
        column=column,
        slice=ALL,
        day=anomaly.day.isoformat(),
        level=monitor.levels[kind],
        cause=cause,
        evidence={
            "value": anomaly.value,
            "reference": anomaly.usual,
            "score": anomaly.score if math.isfinite(anomaly.score) else None,  # JSON has no other
            "threshold": monitor.thresholds.anomaly,
        },
        began=anomaly.day.isoformat(),
    )


def _by_day(days: pd.DataFrame, counts: pd.Series) -> dict[dt.date, int]:
    return {day: int(count) for day, count in zip(days[DAY], counts, strict=True)}
