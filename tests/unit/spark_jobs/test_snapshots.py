"""What a snapshot lacks, and the one before had, is deleted until a later row brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from spark_jobs.judge import judge_rows, select_deleted
from tests.contracts import bronze_of, contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    Row = Mapping[str, str | None]

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
sources:
  all: {path: raw/all/*.csv, format: csv, snapshot: true}
  more: {path: raw/more/*.csv, format: csv}
columns:
  trip: {type: int, required: true}
  fare: {type: double}
  gone: {type: boolean}
key: [trip]
deleted_when: gone
""")
ALL = {"_snapshot": "0123456789abcdef/all"}
MORE: Row = {}


def bronze_at(spark: SparkSession, rows: Sequence[tuple[int, Row]]) -> DataFrame:
    """Return bronze rows by the number of their arrival; the row id of each is its number there."""
    stated = [
        {"_row_id": f"{place}", "_as_of": None, "_file_modified": f"{arrival}", **row}
        for place, (arrival, row) in enumerate(rows)
    ]
    bronze = bronze_of(spark, TRIPS, stated).withColumn("_arrival", F.col("_file_modified"))
    names = {str(place): row.get("_snapshot") for place, (_, row) in enumerate(rows)}
    named = spark.createDataFrame(list(names.items()), "_row_id string, _snapshot string")
    return bronze.join(named, on=["_row_id"], how="inner")


def verdicts(spark: SparkSession, *rows: tuple[int, Row]) -> list[str]:
    judged = judge_rows(bronze_at(spark, rows), TRIPS)
    return [row["_verdict"] for row in judged.orderBy("_row_id").collect()]


def test_what_the_newest_snapshot_lacks_is_deleted_and_has_its_reason(spark: SparkSession) -> None:
    rows: list[tuple[int, Row]] = [
        (0, {**ALL, "trip": "1", "fare": "5"}),
        (0, {**ALL, "trip": "2"}),
        (1, {"trip": "3"}),
        (2, {**ALL, "trip": "1", "fare": "6"}),
    ]
    judged = judge_rows(bronze_at(spark, rows), TRIPS).persist()
    found = {row["_row_id"]: row["_verdict"] for row in judged.collect()}
    assert found == {"0": "duplicate", "1": "deleted", "2": "valid", "3": "valid"}
    told = [(row["trip"], row["reason"]) for row in select_deleted(judged, TRIPS).collect()]
    assert told == [(2, "not_in_snapshot")]


def test_a_row_that_broke_a_rule_is_there_if_its_key_can_be_read(spark: SparkSession) -> None:
    first, other = (0, {**ALL, "trip": "1"}), (1, {**ALL, "trip": "2"})
    broken = (1, {**ALL, "trip": "1", "fare": "x"})
    assert verdicts(spark, first, other, broken) == ["valid", "valid", "quarantined"]
    unread = (1, {**ALL, "trip": "?"})
    assert verdicts(spark, first, other, unread) == ["deleted", "valid", "quarantined"]


def test_a_snapshot_that_is_as_of_an_earlier_moment_takes_its_place(spark: SparkSession) -> None:
    def at(day: int, trip: str) -> Row:
        return {**ALL, "_as_of": f"2024-01-0{day}", "trip": trip}

    rows = (0, at(1, "1")), (0, at(1, "2")), (1, at(3, "1")), (1, at(3, "2")), (2, at(2, "1"))
    assert verdicts(spark, *rows) == ["duplicate", "duplicate", "valid", "valid", "duplicate"]
    rows = (0, at(1, "1")), (0, at(1, "2")), (1, at(3, "1")), (2, at(2, "1")), (2, at(2, "2"))
    assert verdicts(spark, *rows) == [
        "duplicate",
        "duplicate",
        "valid",
        "duplicate",
        "deleted",
    ]


TOLD, GONE = "told", "gone"
IS_SNAPSHOT = (True, False, True, False, True, True)  # by the number of an arrival


def model(arrivals: Sequence[str | None]) -> tuple[int | None, int | None, str | None]:
    """Return the arrival of the valid row of an entity, that by which it is deleted, and why."""
    alive = newest = why = None
    was_there = False
    for number, row in enumerate(arrivals):
        if row is not None:
            newest = number
            alive, why = (None, "deleted_when") if row == GONE else (number, None)
        elif IS_SNAPSHOT[number] and was_there and alive is not None:
            alive, why = None, "not_in_snapshot"
        if IS_SNAPSHOT[number]:
            was_there = row is not None
    return alive, None if alive is not None else newest, why


@pytest.mark.slow
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(st.sampled_from([None, TOLD, TOLD, GONE]), min_size=6, max_size=6),
        min_size=40,
        max_size=40,
    )
)
def test_any_arrivals_end_as_the_model_says(
    spark: SparkSession, entities: list[list[str | None]]
) -> None:
    rows: list[tuple[int, Row]] = [
        (number, {**(ALL if is_snapshot else MORE), "trip": "999"})
        for number, is_snapshot in enumerate(IS_SNAPSHOT)
    ]
    for trip, arrivals in enumerate(entities):
        for number, row in enumerate(arrivals):
            if row is not None:
                source = ALL if IS_SNAPSHOT[number] else MORE
                gone = "yes" if row == GONE else None
                rows.append((number, {**source, "trip": f"{trip}", "gone": gone}))
    judged = judge_rows(bronze_at(spark, rows), TRIPS).where("trip < 999").collect()
    arrived = {str(place): number for place, (number, _) in enumerate(rows)}
    found = {
        verdict: {r["trip"]: arrived[r["_row_id"]] for r in judged if r["_verdict"] == verdict}
        for verdict in ("valid", "deleted")
    }
    ends = dict(enumerate(map(model, entities)))
    valid = {trip: alive for trip, (alive, _, _) in ends.items() if alive is not None}
    deleted = {trip: by for trip, (_, by, _) in ends.items() if by is not None}
    assert found == {"valid": valid, "deleted": deleted}
    reasons = {r["trip"]: r["reason"] for r in judged if r["reason"]}
    assert reasons == {trip: why for trip, (_, _, why) in ends.items() if why is not None}
    assert len(judged) == sum(row is not None for arrivals in entities for row in arrivals)
