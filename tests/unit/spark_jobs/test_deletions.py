"""A row that says its entity is deleted ends what came before it, and nothing that comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.judge import judge_rows, select_deleted
from tests.contracts import bronze_of, contract_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

    Row = Mapping[str, str | None]

pytestmark = pytest.mark.spark

FARES = contract_of("""
columns:
  trip: {type: int, required: true}
  fare: {type: double, required: true, max: 100}
  paid: {type: boolean}
  gone: {type: boolean}
key: [trip]
deleted_when: gone
rules: {the_fare_is_even: fare % 2 = 0}
label: {name: is_paid, expression: paid}
""")


def verdicts(spark: SparkSession, contract: Dataset, *rows: Row) -> list[str]:
    """Return the verdicts on rows of one trip, each of a later day than those before it."""
    stated = [
        {"_row_id": f"r{day}", "_as_of": f"2024-01-0{day}", "trip": "1", "fare": "2", **row}
        for day, row in enumerate(rows, 1)
    ]
    judged = judge_rows(bronze_of(spark, contract, stated), contract)
    return [row["_verdict"] for row in judged.orderBy("_row_id").collect()]


def test_the_newest_row_deletes_its_entity_and_a_later_one_brings_it_back(
    spark: SparkSession,
) -> None:
    told, gone = {"gone": None}, {"gone": "yes"}
    assert verdicts(spark, FARES, told, gone) == ["duplicate", "deleted"]
    assert verdicts(spark, FARES, gone, told) == ["duplicate", "valid"]
    assert verdicts(spark, FARES, told, gone, told) == ["duplicate", "duplicate", "valid"]
    assert verdicts(spark, FARES, gone, gone) == ["duplicate", "deleted"]


def test_a_known_outcome_does_not_outlive_its_entity(spark: SparkSession) -> None:
    told, paid, gone = {"gone": "no"}, {"paid": "no"}, {"gone": "yes"}
    assert verdicts(spark, FARES, paid, gone) == ["duplicate", "deleted"]
    assert verdicts(spark, FARES, paid, gone, told) == ["duplicate", "duplicate", "valid"]
    lived = verdicts(spark, FARES, paid, gone, paid, told)
    assert lived == ["duplicate", "duplicate", "valid", "duplicate"]


def test_a_row_that_deletes_needs_its_key_and_what_says_so_alone(spark: SparkSession) -> None:
    told, gone = {"gone": None}, {"gone": "yes", "fare": None}
    assert verdicts(spark, FARES, told, gone) == ["duplicate", "deleted"]
    assert verdicts(spark, FARES, told, {"gone": "yes", "fare": "101"}) == ["duplicate", "deleted"]
    assert verdicts(spark, FARES, told, {"gone": "x", "fare": None}) == ["valid", "quarantined"]
    assert verdicts(spark, FARES, told, {**gone, "trip": "x"}) == ["valid", "quarantined"]
    assert verdicts(spark, FARES, told, {**gone, "_malformed": "1,"}) == ["valid", "quarantined"]


def test_what_newest_by_says_is_newer_outlives_a_deletion_that_comes_later(
    spark: SparkSession,
) -> None:
    contract = contract_of("""
    columns:
      trip: {type: int, required: true}
      fare: {type: double}
      version: {type: int}
      state: {type: string}
    key: [trip]
    newest_by: [version]
    deleted_when: state = 'D'
    """)
    newer = verdicts(spark, contract, {"version": "2"}, {"version": "1", "state": "D"})
    assert newer == ["valid", "duplicate"]
    older = verdicts(spark, contract, {"version": "2", "state": "D"}, {"version": "1"})
    assert older == ["deleted", "duplicate"]


def test_a_deleted_row_has_its_reason(spark: SparkSession) -> None:
    bronze = bronze_of(spark, FARES, [{"trip": "1", "gone": "true"}, {"trip": "2", "fare": "2"}])
    deleted = select_deleted(judge_rows(bronze, FARES), FARES)
    assert [(row["trip"], row["reason"]) for row in deleted.collect()] == [(1, "deleted_when")]


def test_rows_of_an_entity_that_is_deleted_leave_unique_values_to_others(
    spark: SparkSession,
) -> None:
    contract = contract_of("""
    columns:
      trip: {type: int, required: true}
      seat: {type: int}
      gone: {type: boolean}
    key: [trip]
    deleted_when: gone
    table_rules: {one_seat: {unique: [seat]}}
    """)
    rows: list[Row] = [{"trip": "1", "seat": "7", "gone": "true"}, {"trip": "2", "seat": "7"}]
    judged = judge_rows(bronze_of(spark, contract, rows), contract).orderBy("_row_id").collect()
    assert [row["_verdict"] for row in judged] == ["deleted", "valid"]
