"""Every row is judged once: valid, quarantined with all its reasons, or a losing duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from spark_jobs.judge import judge_rows, rivals_in, select_valid
from tests.contracts import bronze_of, contract_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TRIPS = """
    null_values: [NA]
    columns:
      trip: {type: int, required: true, min: 1}
      city: {type: string, allowed: [Ulm, Aix]}
      fare: {type: double, max: 100}
      tip: {type: double}
    key: [trip]
    newest_by: [fare]
    rules:
      tip_is_below_fare: tip < fare
"""
VERDICTS = "_row_id string, _verdict string, broken_rules array<string>, original string"


def test_a_row_is_quarantined_with_every_rule_it_broke_in_order_and_its_original_text(
    spark: SparkSession,
) -> None:
    contract = contract_of(TRIPS)
    bronze = bronze_of(
        spark,
        contract,
        [
            {"trip": "1", "city": "Ulm", "fare": "9.5", "tip": "1"},
            {"trip": "x", "city": "Rom", "fare": "200", "tip": "1"},
            {"trip": "NA", "city": "NA", "fare": "9.5", "tip": "9.5"},
            {"trip": "0", "fare": "9.5", "tip": "NA"},
            {"trip": "2", "fare": "9.5", "tip": "1", "_malformed": "2,,9.5,1,?"},
            {"trip": "3", "fare": "9.5", "tip": "1", "_undeclared": '{"x":"1"}'},
        ],
    )
    rows = [
        ("r0", "valid", None, None),
        (
            "r1",
            "quarantined",
            ["trip_is_a_int", "city_is_allowed", "fare_is_in_range"],
            '{"trip":"x","city":"Rom","fare":"200","tip":"1"}',
        ),
        (
            "r2",
            "quarantined",
            ["trip_is_required", "tip_is_below_fare"],
            '{"trip":"NA","city":"NA","fare":"9.5","tip":"9.5"}',
        ),
        (
            "r3",
            "quarantined",
            ["trip_is_in_range", "tip_is_below_fare"],
            '{"trip":"0","fare":"9.5","tip":"NA"}',
        ),
        ("r4", "quarantined", ["well_formed"], "2,,9.5,1,?"),
        (
            "r5",
            "quarantined",
            ["no_undeclared_columns"],
            '{"trip":"3","fare":"9.5","tip":"1","_undeclared":"{\\"x\\":\\"1\\"}"}',
        ),
    ]
    actual = judge_rows(bronze, contract).select("_row_id", "_verdict", "broken_rules", "original")
    expected = spark.createDataFrame(rows, VERDICTS)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_valid_row_has_typed_columns_and_where_it_came_from(spark: SparkSession) -> None:
    contract = contract_of(TRIPS + "    new_columns: keep_text\n")
    bronze = bronze_of(
        spark,
        contract,
        [{"trip": " 1 ", "city": "Ulm", "fare": "9.5", "tip": "0", "_undeclared": '{"x":"1"}'}],
    )
    rows = [("r0", "i", "raw/a.csv", "2024-01-01", 1, "Ulm", 9.5, 0.0)]
    columns = "trip int, city string, fare double, tip double"
    lineage = "_row_id string, _ingestion_id string, _source_file string, _as_of string"
    actual = select_valid(judge_rows(bronze, contract), contract).drop("_row_hash")
    assert_df_equality(actual, spark.createDataFrame(rows, f"{lineage}, {columns}"))


@pytest.mark.parametrize("looks", [False, True], ids=["all rows", "rivals"])
def test_of_rows_with_one_key_the_stated_winner_stays_and_broken_ones_do_not_compete(
    spark: SparkSession, *, looks: bool
) -> None:
    contract = contract_of(TRIPS)
    same = {"tip": "1", "city": "Ulm"}
    bronze = bronze_of(
        spark,
        contract,
        [
            {**same, "trip": "1", "fare": "5", "_as_of": "2024-09-09", "_row_id": "older"},
            {**same, "trip": "1", "fare": "9", "_row_id": "newest_by wins"},
            {**same, "trip": "1", "fare": "999", "_row_id": "broken"},
            {**same, "trip": "2", "fare": "9", "_source_file": "raw/z.csv", "_row_id": "early"},
            {**same, "trip": "2", "fare": "9", "_as_of": "2024-01-02", "_row_id": "as_of wins"},
            {**same, "trip": "3", "fare": "9", "_row_id": "file a"},
            {**same, "trip": "3", "fare": "9", "_source_file": "raw/b.csv", "_row_id": "b wins"},
            {**same, "trip": "4", "fare": "9", "_row_id": "same 1"},
            {**same, "trip": "5", "fare": "9", "_file_modified": "9", "_row_id": "z before"},
            {**same, "trip": "5", "fare": "9", "_file_modified": "10", "_row_id": "corrected"},
            {**same, "trip": "4", "fare": "9", "_row_id": "same 2 wins"},
            {**same, "trip": "6", "fare": "9", "_row_id": "alone"},
            {**same, "trip": "7", "fare": "999", "_row_id": "alone and broken"},
            {**same, "trip": "x", "fare": "9", "_row_id": "no key"},
            {**same, "trip": "x", "fare": "9", "_row_id": "no key either"},
        ],
    )
    rows = [
        ("older", "duplicate"),
        ("newest_by wins", "valid"),
        ("broken", "quarantined"),
        ("early", "duplicate"),
        ("as_of wins", "valid"),
        ("file a", "duplicate"),
        ("b wins", "valid"),
        ("same 1", "duplicate"),
        ("z before", "duplicate"),
        ("corrected", "valid"),
        ("same 2 wins", "valid"),
        ("alone", "valid"),
        ("alone and broken", "quarantined"),
        ("no key", "quarantined"),
        ("no key either", "quarantined"),
    ]
    rivals = rivals_in(bronze, contract) if looks else None
    actual = judge_rows(bronze, contract, rivals=rivals).select("_row_id", "_verdict")
    expected = spark.createDataFrame(rows, "_row_id string, _verdict string")
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_column_that_is_declared_later_is_taken_out_of_what_was_undeclared(
    spark: SparkSession,
) -> None:
    contract = contract_of(TRIPS + "    new_columns: keep_text\n")
    told = {"trip": "1", "fare": "9", "tip": "1", "_undeclared": '{"city":"Ulm","x":"1"}'}
    bronze = bronze_of(spark, contract, [told, {**told, "trip": "2", "_undeclared": "{}"}])
    for arrived in (bronze, bronze.drop("city")):
        judged = judge_rows(arrived, contract)
        assert [row["city"] for row in judged.orderBy("trip").collect()] == ["Ulm", None]


def test_more_rules_than_fit_one_mask_are_all_named(spark: SparkSession) -> None:
    columns = "".join(f"      c{n}: {{type: int}}\n" for n in range(65))
    contract = contract_of(
        f"    columns:\n      trip: {{type: int, required: true}}\n{columns}    key: [trip]\n"
    )
    bronze = bronze_of(
        spark,
        contract,
        [{"trip": "1", "c0": "x", "c56": "x", "c57": "x", "c58": "x", "c64": "x"}, {"trip": "2"}],
    )
    broken = ["c0_is_a_int", "c56_is_a_int", "c57_is_a_int", "c58_is_a_int", "c64_is_a_int"]
    expected = spark.createDataFrame(
        [("r0", broken), ("r1", None)], "_row_id string, broken_rules array<string>"
    )
    actual = judge_rows(bronze, contract).select("_row_id", "broken_rules")
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


bronze_rows = st.lists(
    st.fixed_dictionaries(
        {
            "trip": st.sampled_from(["1", "2", "3", "4", "x", "NA"]),
            "city": st.sampled_from(["Ulm", "Aix", "Rom", None]),
            "fare": st.sampled_from(["5", "9", "999", None]),
            "tip": st.sampled_from(["1", "7"]),
            "_as_of": st.sampled_from(["2024-01-01", "2024-01-02"]),
            "_source_file": st.sampled_from(["raw/a.csv", "raw/b.csv"]),
            "_malformed": st.sampled_from([None, None, None, "?"]),
        }
    ),
    min_size=20,
    max_size=60,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=bronze_rows, order=st.randoms(use_true_random=False))
def test_every_row_gets_one_verdict_and_every_key_one_winner_whatever_their_order(
    spark: SparkSession, rows: list[dict[str, str | None]], order: object
) -> None:
    contract = contract_of(TRIPS)
    named = [{**row, "_row_id": f"r{place}"} for place, row in enumerate(rows)]
    shuffled = sorted(named, key=lambda _: order.random())  # type: ignore[attr-defined] # a Random
    judged = judge_rows(bronze_of(spark, contract, named), contract)
    again = judge_rows(bronze_of(spark, contract, shuffled).repartition(3), contract)
    first, second = (
        part.select(F.lit(name).alias("order"), "_row_id", "_verdict", "trip")
        for name, part in (("as stated", judged), ("shuffled", again))
    )
    found = first.union(second).collect()
    as_stated = [row for row in found if row["order"] == "as stated"]
    verdicts = {row["_row_id"]: row["_verdict"] for row in as_stated}
    assert len(as_stated) == len(found) - len(as_stated) == len(named)
    assert verdicts == {row["_row_id"]: row["_verdict"] for row in found if row not in as_stated}
    assert verdicts.keys() == {row["_row_id"] for row in named}
    winners = [row["trip"] for row in as_stated if row["_verdict"] == "valid"]
    losers = [row["trip"] for row in as_stated if row["_verdict"] == "duplicate"]
    assert len(winners) == len(set(winners))
    assert set(losers) <= set(winners)


def test_rows_without_a_key_of_their_own_are_each_an_entity(spark: SparkSession) -> None:
    contract = contract_of("columns: {city: {type: string}}\nkey: row\n")
    rows = [{"_row_id": "a-0", "city": "Ulm"}, {"_row_id": "a-1", "city": "Ulm"}]
    bronze = bronze_of(spark, contract, rows).drop("row_id")  # no file has it
    judged = judge_rows(bronze, contract).select("row_id", "city", "_verdict").collect()
    assert {tuple(row) for row in judged} == {("a-0", "Ulm", "valid"), ("a-1", "Ulm", "valid")}
