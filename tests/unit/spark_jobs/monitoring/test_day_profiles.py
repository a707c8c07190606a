"""Profiles of parts, merged, are the profile of the whole, whatever the parts are."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from conf.profile_columns import ALL, COLUMN, DAY, DISTINCT, NUMBER, SLICE, TEXT
from spark_jobs.monitoring.bins import Bins, learn_bins
from spark_jobs.monitoring.day_profiles import merge_profiles, profile_days
from spark_jobs.monitoring.group_sums import DIGEST

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

MONDAY, TUESDAY = dt.date(2024, 1, 1), dt.date(2024, 1, 2)
FARE = Bins("fare", NUMBER, edges=(5.0, 10.0))
CITY = Bins("city", TEXT, values=("Ulm", "Bonn"))
SCHEMA = (
    "day date, _slices array<string>, _is_late boolean, _row_digest bigint, "
    "fare double, city string"
)


def rows_of(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, SCHEMA)


def told(profiles: DataFrame) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return profiles by their keys, with the estimate of a sketch instead of its bytes."""
    names = [name for name in (DAY, SLICE, COLUMN) if name in profiles.columns]
    rows = profiles.withColumn(DISTINCT, F.hll_sketch_estimate(DISTINCT)).collect()
    return {tuple(row[n] for n in names): row.asDict() for row in rows}


def test_a_day_is_summed_up_for_each_column_and_slice(spark: SparkSession) -> None:
    rows = rows_of(
        spark,
        [
            (MONDAY, ["all", "city=Ulm"], False, 5, 4.0, "Ulm"),
            (MONDAY, ["all"], True, 6, 5.0, "Köln"),
            (MONDAY, ["all"], False, 7, 12.5, None),
            (TUESDAY, ["all"], False, 1, None, "Bonn"),
        ],
    )
    profiles = told(profile_days(rows, [FARE, CITY]))
    assert len(profiles) == 9
    assert profiles[MONDAY, "all", "fare"] == {
        "day": MONDAY,
        "slice": "all",
        "column": "fare",
        "kind": "number",
        "rows": 3,
        "nulls": 0,
        "distinct": 3,
        "minimum": 4.0,
        "maximum": 12.5,
        "total": 21.5,
        "squares": 16 + 25 + 156.25,
        "bins": [2, 0, 1],
        "bin_totals": [9.0, 0.0, 12.5],
        "digest": None,
    }
    city = profiles[MONDAY, "all", "city"]
    assert (city["nulls"], city["distinct"], city["bins"]) == (1, 2, [1, 0, 1])
    everything = profiles[MONDAY, "all", "rows"]
    assert (everything["rows"], everything["bins"]) == (3, [2, 1])
    assert everything["digest"] == 5 ^ 6 ^ 7
    ulm = profiles[MONDAY, "city=Ulm", "fare"]
    assert (ulm["rows"], ulm["total"], ulm["distinct"]) == (1, 4.0, None)
    none = profiles[TUESDAY, "all", "fare"]
    assert (none["nulls"], none["minimum"], none["total"], none["distinct"]) == (1, None, 0.0, 0)


def test_bins_come_from_quantiles_and_from_frequent_values(spark: SparkSession) -> None:
    values: list[tuple[Any, ...]] = [
        (float(n), float(n) if n >= 70 else 0.0, 3.0, "b" if n % 3 == 0 else "a")
        for n in range(1, 101)
    ]
    rows = spark.createDataFrame(
        values, "even double, mostly_0 double, constant double, letter string"
    )
    kinds = {"even": NUMBER, "mostly_0": NUMBER, "constant": NUMBER, "letter": TEXT}
    even, mostly_0, constant, letter = learn_bins(rows, kinds)
    assert list(even.edges) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert list(mostly_0.edges) == [math.nextafter(0, -1), 0, 70, 80, 90]
    assert list(constant.edges) == [math.nextafter(3, 0), 3]
    assert list(letter.values) == ["a", "b"]


NUMBERS = st.one_of(
    st.none(), st.sampled_from([-0.5, 0.0, 5.0, 10.0, 1e6]), st.integers(-50, 50).map(float)
)
ROWS = st.tuples(
    st.sampled_from([MONDAY, TUESDAY]),
    st.sampled_from([["all"], ["all", "scored"], ["all", "city=Ulm", "scored"]]),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    NUMBERS,
    st.sampled_from([None, "Ulm", "Bonn", "", "Köln", "other"]),
)


@pytest.mark.slow
@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(parts=st.lists(st.lists(ROWS, max_size=30), min_size=2, max_size=5))
def test_profiles_of_parts_merged_are_the_profile_of_their_union(
    spark: SparkSession, parts: list[list[tuple[Any, ...]]]
) -> None:
    bins = [FARE, CITY]
    apart = [profile_days(rows_of(spark, part), bins) for part in parts]
    whole = profile_days(rows_of(spark, [row for part in parts for row in part]), bins)
    united = apart[0]
    for part in apart[1:]:
        united = united.unionByName(part)
    by_day: list[str] = [DAY]
    for by in (by_day, by_day[1:]):
        assert told(merge_profiles(united, by=by)) == told(merge_profiles(whole, by=by))
    merged = told(merge_profiles(united, by=[DAY]))
    once = {key: {n: v for n, v in row.items() if n != DIGEST} for key, row in told(whole).items()}
    assert merged == once


def test_distinct_values_of_a_week_are_estimated_from_those_of_its_days(
    spark: SparkSession,
) -> None:
    rows = rows_of(
        spark,
        [
            (MONDAY + dt.timedelta(n % 7), [ALL], False, n, float(n % 1500), None)
            for n in range(3000)
        ],
    )
    week = told(merge_profiles(profile_days(rows, [FARE]), by=[]))[ALL, "fare"]
    assert week["rows"] == 3000
    assert abs(week["distinct"] - 1500) < 3 * 0.046 * 1500
