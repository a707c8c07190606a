"""The versions of an entity follow each other, without a gap but while it is deleted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from spark_jobs.judge import judge_rows, select_history
from tests.contracts import bronze_of, contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

    Row = Mapping[str, str | None]
    Version = tuple[float | None, object, object, str | None]

pytestmark = pytest.mark.spark

FARES = """
sources: {all: {path: raw/*.csv, format: csv, snapshot: SNAPSHOT}}
columns:
  trip: {type: int, required: true}
  fare: {type: double}
  paid: {type: boolean}
  gone: {type: boolean}
  day: {type: int, required: true}
key: [trip]
deleted_when: gone
history: true
"""
PLAIN = contract_of(FARES.replace("SNAPSHOT", "false"))
NEVER = None


def day(number: int) -> dt.datetime:
    return dt.datetime(2024, 1, number)  # noqa: DTZ001 # as Spark gives moments of its zone, UTC


def history(
    spark: SparkSession, contract: Dataset, rows: Sequence[Row]
) -> dict[int, list[Version]]:
    """Return the versions of each trip, the oldest first."""
    stated = [
        {"_row_id": f"{place}", "trip": "1", "day": "0", **row} for place, row in enumerate(rows)
    ]
    bronze = bronze_of(spark, contract, stated)
    for name, kind in (("_snapshot", "string"), ("_arrival", "long")):
        told = {f"{place}": row.get(name) for place, row in enumerate(rows)}
        named = spark.createDataFrame(list(told.items()), f"_row_id string, {name} string")
        bronze = bronze.join(named, on=["_row_id"], how="inner")
        bronze = bronze.withColumn(name, F.col(name).cast(kind))
    found: dict[int, list[Version]] = {}
    versions = select_history(judge_rows(bronze, contract), contract)
    for row in versions.orderBy("valid_from", F.col("valid_to").asc_nulls_last()).collect():
        version = (row["fare"], row["valid_from"], row["valid_to"], row["ended_by"])
        found.setdefault(row["trip"], []).append(version)
    return found


def test_a_version_holds_until_another_row_of_other_values(spark: SparkSession) -> None:
    rows: list[Row] = [
        {"_as_of": "2024-01-01", "fare": "5"},
        {"_as_of": "2024-01-02", "fare": "5"},
        {"_as_of": "2024-01-03", "fare": "x"},
        {"_as_of": "2024-01-04", "fare": "6"},
        {"_as_of": "2024-01-05", "fare": "5"},
    ]
    assert history(spark, PLAIN, rows) == {
        1: [
            (5.0, day(1), day(4), "newer_row"),
            (6.0, day(4), day(5), "newer_row"),
            (5.0, day(5), NEVER, None),
        ]
    }


def test_there_is_no_version_while_the_entity_is_deleted(spark: SparkSession) -> None:
    rows: list[Row] = [
        {"_as_of": "2024-01-01", "fare": "5"},
        {"_as_of": "2024-01-02", "gone": "yes"},
        {"_as_of": "2024-01-03", "gone": "yes"},
        {"_as_of": "2024-01-04", "fare": "5"},
    ]
    back = (5.0, day(4), NEVER, None)
    ended = (5.0, day(1), day(2), "deleted_when")
    assert history(spark, PLAIN, rows) == {1: [ended, back]}
    assert history(spark, PLAIN, rows[:3]) == {1: [ended]}


def test_a_snapshot_that_lacks_the_entity_ends_its_version(spark: SparkSession) -> None:
    contract = contract_of(FARES.replace("SNAPSHOT", "true"))

    def at(number: int, trip: str, fare: str = "5") -> Row:
        name, moment = "0123456789abcdef/all", f"2024-01-0{number}"
        return {"_snapshot": name, "_as_of": moment, "trip": trip, "fare": fare}

    rows = [at(1, "1"), at(1, "2"), at(2, "2"), at(3, "1"), at(3, "2"), at(4, "1"), at(4, "2", "6")]
    assert history(spark, contract, rows) == {
        1: [(5.0, day(1), day(2), "not_in_snapshot"), (5.0, day(3), NEVER, None)],
        2: [(5.0, day(1), day(4), "newer_row"), (6.0, day(4), NEVER, None)],
    }


def test_files_that_nobody_dates_hold_from_their_change_on_but_not_longer_than_a_later_one(
    spark: SparkSession,
) -> None:
    def at(arrival: int, number: int, fare: str) -> Row:
        changed = int(day(number).replace(tzinfo=dt.UTC).timestamp() * 1000)
        told = {"_as_of": None, "_file_modified": f"{changed}", "_arrival": f"{arrival}"}
        return {**told, "fare": fare}

    rows = [at(0, 5, "5"), at(1, 3, "6"), at(2, 4, "7")]
    assert history(spark, PLAIN, rows) == {
        1: [
            (5.0, day(3), day(3), "newer_row"),
            (6.0, day(3), day(4), "newer_row"),
            (7.0, day(4), NEVER, None),
        ]
    }


def test_a_known_outcome_holds_on_when_a_later_row_does_not_know_it(spark: SparkSession) -> None:
    contract = contract_of(
        FARES.replace("SNAPSHOT", "false") + "label: {name: is_paid, expression: paid}\n"
    )
    rows: list[Row] = [
        {"_as_of": "2024-01-01", "fare": "5"},
        {"_as_of": "2024-01-02", "fare": "6", "paid": "yes"},
        {"_as_of": "2024-01-03", "fare": "7"},
    ]
    assert history(spark, contract, rows) == {
        1: [
            (5.0, day(1), day(2), "newer_row"),
            (7.0, day(2), day(2), "newer_row"),
            (6.0, day(2), NEVER, None),
        ]
    }


GONE, BROKEN = "gone", "x"
BY_DAY = contract_of(FARES.replace("SNAPSHOT", "false") + "newest_by: [day]\n")


def model(rows: Mapping[int, str]) -> list[Version]:
    """Return the versions that rows of one entity make, by their day, the oldest first."""
    told = [(number, row) for number, row in sorted(rows.items()) if row != BROKEN]
    versions: list[Version] = []
    for (number, row), newer in zip(told, [*told[1:], None], strict=False):
        if row != GONE and newer is None:
            versions.append((float(row), number, NEVER, None))
        elif row != GONE and newer is not None:
            by = "deleted_when" if newer[1] == GONE else "newer_row"
            versions.append((float(row), number, newer[0], by))
    return versions


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.dictionaries(
            st.integers(1, 7), st.sampled_from(["5", "6", GONE, BROKEN]), min_size=1, max_size=6
        ),
        min_size=40,
        max_size=40,
    ),
    st.permutations(range(1, 8)),
)
def test_rows_that_state_their_day_make_one_history_in_any_order_of_arrival(
    spark: SparkSession, entities: list[dict[int, str]], arrivals: list[int]
) -> None:
    rows: list[Row] = []
    for trip, stated in enumerate(entities):
        for number, row in stated.items():
            says: Row = {"gone": "yes"} if row == GONE else {"fare": row}
            lineage = {"_as_of": f"2024-01-0{arrivals[number - 1]}"}
            rows.append({**says, **lineage, "trip": f"{trip}", "day": f"{number}"})
    expected = {trip: model(stated) for trip, stated in enumerate(entities)}
    found = history(spark, BY_DAY, rows)
    assert found == {trip: versions for trip, versions in expected.items() if versions}
