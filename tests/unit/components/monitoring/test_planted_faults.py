"""Faults that are planted in a week are found, and named; a year without one has no finding."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from monitoring.drift import Suspicion
from monitoring.telling import most_telling
from tests.unit.components.monitoring.planted import (
    LAST,
    MONITOR,
    a_year,
    judged,
    kinds,
    last_week,
    with_holiday,
)

YEAR = a_year()
LARGE = a_year(weekday_rows=1500, weekend_rows=750)
THURSDAY, SATURDAY = LAST - dt.timedelta(3), LAST - dt.timedelta(1)


def test_a_year_with_nothing_wrong_has_no_finding() -> None:
    for week in range(26, 52, 5):
        last = dt.date(2024, 1, 7) + dt.timedelta(7 * week)
        health = judged(YEAR[[day <= last for day in YEAR["day"]]])
        assert kinds(health) == set(), (last, [each.cause for each in health.findings])
    assert "are like what rides_late learnt from" in health.verdict


def test_a_carrier_that_disappears_is_named() -> None:
    health = judged(last_week(YEAR, lambda rows: rows[rows["carrier"] != "AA"]))
    (finding,) = [each for each in health.findings if each.column == "carrier"]
    assert finding.kind == "vanished_value"
    assert finding.evidence["value"] == "AA"
    assert finding.evidence["rows"] == 0
    assert finding.evidence["reference"] == pytest.approx(0.2, abs=0.01)
    assert finding.cause == "carrier has no row of 'AA', which 20.2% of training were"
    assert finding.importance == 0.1


def test_miles_that_become_kilometres_are_recognised() -> None:
    health = judged(last_week(YEAR, lambda rows: rows.assign(km=rows["km"] * 1.609344)))
    assert kinds(health) == {("drift", "km")}
    (finding,) = health.findings
    assert "as if miles had become kilometres" in finding.cause
    assert finding.evidence["measure"] == "wasserstein"
    # A gamma distribution of shape 4, stretched by 0.609: its mean moves by 0.609 * 2 deviations.
    assert finding.evidence["value"] == pytest.approx(1.22, rel=0.05)
    assert finding.began == (LAST - dt.timedelta(6)).isoformat()


def test_a_column_that_goes_null_is_found_with_its_level() -> None:
    health = judged(last_week(YEAR, lambda rows: rows.assign(seats=np.nan)))
    assert kinds(health) == {("nulls", "seats")}
    (finding,) = health.findings
    assert finding.level == "warn"
    assert finding.cause == "seats is null in 100.0% of rows, and in 3.0% of training"
    assert finding.began == (LAST - dt.timedelta(6)).isoformat()


def test_a_column_that_is_null_on_one_day_is_found_on_that_day() -> None:
    def fault(rows: pd.DataFrame) -> pd.DataFrame:
        is_null = (rows["day"] == THURSDAY) & (np.arange(len(rows)) % 5 == 0)
        return rows.assign(seats=rows["seats"].where(~is_null))

    health = judged(last_week(YEAR, fault))
    assert {(each.kind, each.column, each.day) for each in health.findings} == {
        ("null_rate", "seats", THURSDAY.isoformat())
    }


def test_half_the_volume_is_found_on_a_weekday_and_not_on_a_holiday() -> None:
    halved = last_week(
        YEAR, lambda rows: rows[(rows["day"] != THURSDAY) | (np.arange(len(rows)) % 2 == 0)]
    )
    (finding,) = judged(halved).findings
    assert (finding.kind, finding.day) == ("volume", THURSDAY.isoformat())
    assert "a usual Thursday has 299" in finding.cause
    assert judged(halved, monitor=with_holiday(MONITOR, THURSDAY)).findings == []


def test_a_weekend_with_half_the_rows_of_a_weekday_is_usual() -> None:
    health = judged(YEAR)
    assert SATURDAY.strftime("%A") == "Saturday"
    assert health.findings == []


def test_a_day_without_rows_is_missing() -> None:
    health = judged(last_week(YEAR, lambda rows: rows[rows["day"] != THURSDAY]))
    assert {(each.kind, each.day) for each in health.findings} == {
        ("missing_day", THURSDAY.isoformat())
    }


def test_a_prior_shift_moves_the_label_and_nothing_else() -> None:
    def fault(rows: pd.DataFrame) -> pd.DataFrame:
        turned = (rows["is_late"] == "0") & (np.arange(len(rows)) % 3 == 0)
        return rows.assign(is_late=rows["is_late"].mask(turned, "1"))

    health = judged(last_week(YEAR, fault))
    assert kinds(health) == {("label_drift", "is_late")}


def test_a_dataset_without_a_past_is_silent_on_days_and_says_so() -> None:
    young = YEAR[[day >= LAST - dt.timedelta(40) for day in YEAR["day"]]]
    learnt = YEAR[[day.month < 6 for day in YEAR["day"]]].assign(day=dt.date(2024, 6, 1))
    health = judged(pd.concat([learnt, young]))
    assert health.findings == []
    assert health.silent[0] == "days are not judged: none has 8 of its weekday before it"


def test_rows_that_stop_are_stale_as_of_a_later_day() -> None:
    assert judged(YEAR, as_of=LAST + dt.timedelta(2)).findings == []
    (finding,) = judged(YEAR, as_of=LAST + dt.timedelta(5)).findings
    assert finding.kind == "freshness"
    assert finding.evidence == {"days": 5, "reference": 1, "threshold": 2}
    assert "freshness is not judged: no moment is stated (as_of)" in judged(YEAR).silent


def test_a_few_rows_are_compared_by_tests_that_are_corrected_for_their_number() -> None:
    few = replace(MONITOR, few_rows=1_000_000)
    assert judged(YEAR, monitor=few).findings == []
    health = judged(last_week(YEAR, lambda rows: rows.assign(km=rows["km"] * 1.2)), monitor=few)
    (finding,) = health.findings
    assert (finding.kind, finding.column) == ("drift", "km")
    assert finding.evidence["measure"] == "kolmogorov_smirnov"
    assert finding.evidence["threshold"] == 0.05


def test_of_slices_the_one_that_differs_most_is_told_and_all_rows_before_any() -> None:
    told = [
        Suspicion("drift", "km", "carrier=AA", "moved", {"psi": 0.2}),
        Suspicion("drift", "km", "carrier=UA", "moved", {"psi": 0.5}),
        Suspicion("drift", "seats", "carrier=UA", "moved", {"psi": 0.5}),
        Suspicion("nulls", "seats", "all", "is null", {"share": 0.5}),
        Suspicion("drift", "seats", "all", "moved", {"psi": 0.5}),
    ]
    found = [(each.kind, each.column, each.slice, each.cause) for each in most_telling(told)]
    assert found == [
        ("nulls", "seats", "all", "is null"),
        ("drift", "km", "carrier=UA", "of carrier=UA: moved"),
    ]


def test_a_change_that_is_sure_and_small_is_no_finding() -> None:
    few = replace(MONITOR, few_rows=1_000_000)
    health = judged(last_week(YEAR, lambda rows: rows.assign(km=rows["km"] * 1.1)), monitor=few)
    assert health.findings == []


def test_a_fault_of_one_carrier_is_found_in_its_slice_from_the_week_it_began() -> None:
    def of_carrier(rows: pd.DataFrame) -> pd.DataFrame:
        is_last = np.array([day > LAST - dt.timedelta(14) for day in rows["day"]])
        return rows.assign(km=rows["km"] + 200 * (is_last & (rows["carrier"] == "AA")))

    health = judged(of_carrier(LARGE), sliced_by="carrier")
    (finding,) = health.findings
    assert (finding.kind, finding.column, finding.slice) == ("drift", "km", "carrier=AA")
    assert finding.cause.startswith("of carrier=AA: km has a mean of 1")
    assert finding.began == (LAST - dt.timedelta(13)).isoformat()
    assert finding.evidence["other_slices"] == 0


def test_outcomes_that_are_not_known_yet_are_no_finding() -> None:
    health = judged(last_week(YEAR, lambda rows: rows.assign(is_late=None)))
    assert health.findings == []


def test_of_a_small_slice_nulls_are_judged_and_no_shape() -> None:
    def moved(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(km=rows["km"] + 200 * (rows["carrier"] == "AA"))

    assert judged(last_week(YEAR, moved), sliced_by="carrier").findings == []
    health = judged(
        last_week(YEAR, lambda rows: rows.assign(km=rows["km"].where(rows["carrier"] != "AA"))),
        sliced_by="carrier",
    )
    assert ("nulls", "km", "all") in {(f.kind, f.column, f.slice) for f in health.findings}


def seasonal(rows: pd.DataFrame) -> pd.DataFrame:
    """Make rides longer and shorter again, four times a year; the last week is at its longest."""
    age = np.array([(LAST - day).days for day in rows["day"]])
    return rows.assign(km=rows["km"] * (1 + 0.4 * np.cos(2 * np.pi * age / 91)))


def test_a_season_that_training_has_seen_is_no_drift() -> None:
    assert judged(seasonal(YEAR)).findings == []


def test_a_season_hides_no_change_of_units() -> None:
    kilometres = last_week(seasonal(YEAR), lambda rows: rows.assign(km=rows["km"] * 1.609344))
    assert kinds(judged(kilometres)) == {("drift", "km")}


def test_the_same_season_is_drift_to_a_training_of_too_few_periods() -> None:
    months = replace(MONITOR, period_days=31)
    (finding,) = judged(seasonal(YEAR), monitor=months).findings
    assert (finding.kind, finding.column) == ("drift", "km")


def test_a_carrier_that_comes_and_goes_has_not_vanished() -> None:
    def flies_every_third_week(rows: pd.DataFrame) -> pd.DataFrame:
        weeks = np.array([(LAST - day).days // 7 for day in rows["day"]])
        return rows[(rows["carrier"] != "AA") | (weeks % 3 == 1)]

    found = judged(flies_every_third_week(YEAR)).findings
    assert [each for each in found if each.kind == "vanished_value"] == []


def test_nulls_that_come_in_bursts_are_usual_and_a_larger_burst_is_not() -> None:
    def bursts(rows: pd.DataFrame) -> pd.DataFrame:
        age = np.array([(LAST - day).days for day in rows["day"]])
        is_null = (age % 8 == 3) & (np.arange(len(rows)) % 5 == 0)
        return rows.assign(seats=rows["seats"].where(~is_null))

    assert judged(bursts(YEAR)).findings == []
    gone = bursts(YEAR)
    gone["seats"] = gone["seats"].where(gone["day"] != THURSDAY)
    assert kinds(judged(gone)) == {("nulls", "seats")}


def test_columns_that_are_null_together_are_told_once_by_the_most_important() -> None:
    def fault(rows: pd.DataFrame) -> pd.DataFrame:
        is_null = (rows["day"] == THURSDAY) & (np.arange(len(rows)) % 2 == 0)
        return rows.assign(**{name: rows[name].where(~is_null) for name in ("seats", "km")})

    (finding,) = judged(last_week(YEAR, fault)).findings
    assert (finding.kind, finding.column) == ("nulls", "km")
    told = "km is null in 8.0% of rows, and in 0.0% of training; likewise seats"
    assert finding.cause == told
    assert finding.evidence["columns"] == "seats"
    assert finding.importance == 0.2
