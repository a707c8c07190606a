"""A day is unusual by the median of its weekday and the MAD of all, or not judged."""

from __future__ import annotations

import datetime as dt

import pytest

from conf.monitor import load_monitor
from monitoring.anomalies import has_history, unusual_counts, unusual_rates

MONITOR = load_monitor("rides")
MONDAY = dt.date(2024, 3, 4)
EIGHT = [MONDAY - dt.timedelta(7 * n) for n in range(1, 9)]


def test_a_count_is_scored_by_the_chance_of_its_weekday_where_nothing_else_spreads() -> None:
    past = dict.fromkeys(EIGHT, 100)
    # A Poisson count of 100 has a standard deviation of a tenth of it.
    (found,) = unusual_counts(past | {MONDAY: 50}, [MONDAY], monitor=MONITOR)
    assert (found.usual, found.value) == (100, 50)
    assert found.score == pytest.approx(-5)
    assert unusual_counts(past | {MONDAY: 70}, [MONDAY], monitor=MONITOR) == []  # 3 of them


def test_a_spread_is_the_mad_of_the_days_before() -> None:
    past = dict(zip(EIGHT, [90, 110] * 4, strict=True))
    (found,) = unusual_counts(past | {MONDAY: 200}, [MONDAY], monitor=MONITOR)
    # MAD 0.1 of the median 100, and the chance 0.1: 1 / hypot(0.1 / 0.6745, 0.1).
    assert found.score == pytest.approx(1 / (0.1**2 / 0.6745**2 + 0.1**2) ** 0.5)


def test_a_weekday_with_too_few_days_before_it_is_not_judged() -> None:
    past = dict.fromkeys(EIGHT[:7], 100)
    assert unusual_counts(past | {MONDAY: 1}, [MONDAY], monitor=MONITOR) == []
    assert not has_history(past, [MONDAY], monitor=MONITOR)
    others = {day + dt.timedelta(1): 100 for day in EIGHT}
    tuesday = MONDAY + dt.timedelta(1)
    counts = past | others | {MONDAY: 1, tuesday: 1}
    (found,) = unusual_counts(counts, [MONDAY, tuesday], monitor=MONITOR)
    assert found.day == tuesday
    assert has_history(counts, [MONDAY, tuesday], monitor=MONITOR)


def test_a_rate_is_scored_by_its_binomial_chance() -> None:
    rows = dict.fromkeys([*EIGHT, MONDAY], 100)
    hits = dict.fromkeys(EIGHT, 10)
    (found,) = unusual_rates(hits | {MONDAY: 30}, rows, [MONDAY], monitor=MONITOR)
    assert found.score == pytest.approx(0.2 / 0.03)  # sqrt(0.1 * 0.9 / 100)
    assert unusual_rates(hits | {MONDAY: 14}, rows, [MONDAY], monitor=MONITOR) == []
    (found,) = unusual_rates({MONDAY: 6}, rows, [MONDAY], monitor=MONITOR)  # never before
    assert found.usual == 0
    assert unusual_rates({MONDAY: 4}, rows, [MONDAY], monitor=MONITOR) == []
