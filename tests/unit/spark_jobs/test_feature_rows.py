"""Without a module of its own, a dataset's features are all columns but those of its label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs.feature_rows import FeatureSetError, feature_rows
from spark_jobs.feature_sets import DailyFeatureSet, flights
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TRIPS = """
    columns:
      trip: {type: int, required: true}
      took: {type: int}
      planned: {type: int}
      city: {type: string}
    key: [trip]
"""


def test_columns_that_the_label_is_computed_from_are_no_features(spark: SparkSession) -> None:
    contract = contract_of(TRIPS + "    label: {name: is_late, expression: took > 15}\n")
    silver = spark.createDataFrame(
        [("r1", "i", 1, 16, 9, "Ulm"), ("r2", "i", 2, 15, None, None), ("r3", "i", 3, None, 9, "")],
        "_row_id string, _ingestion_id string, trip int, took int, planned int, city string",
    )
    expected = spark.createDataFrame(
        [
            (1, 9, "Ulm", "r1", "i", 1.0),
            (2, None, None, "r2", "i", 0.0),
            (3, 9, "", "r3", "i", None),
        ],
        "trip int, planned int, city string, _row_id string, _ingestion_id string, is_late double",
    )
    actual = feature_rows({"trips": silver}, contract)
    assert_df_equality(actual.drop("_row_hash"), expected, ignore_row_order=True)


def test_a_decimal_is_a_double_as_a_feature(spark: SparkSession) -> None:
    contract = contract_of("""
        columns: {trip: {type: int, required: true}, fare: {type: "decimal(5,2)"}}
        key: [trip]
    """)
    silver = spark.sql("select 'r' _row_id, 'i' _ingestion_id, 1 trip, 9.5BD fare")
    rows = feature_rows({"trips": silver}, contract).select("trip", "fare")
    expected = spark.createDataFrame([(1, 9.5)], "trip int, fare double")
    assert_df_equality(rows, expected, ignore_nullable=True)


@pytest.mark.parametrize(
    ("expression", "kind", "values"),
    [
        ("city", "string", ["Ulm", None]),
        ("planned", "bigint", [9, None]),
        ("took > 15", "double", [1.0, 0.0]),
        ("took / 2", "double", [8.0, 7.5]),
        ("cast(took as decimal(9, 1))", "double", [16.0, 15.0]),
        ("null", "double", [None, None]),
    ],
)
def test_a_label_keeps_its_type_and_a_condition_is_a_number(
    spark: SparkSession, expression: str, kind: str, values: list[object]
) -> None:
    contract = contract_of(TRIPS + f"    label: {{name: target, expression: '{expression}'}}\n")
    silver = spark.createDataFrame(
        [("r1", "i", 1, 16, 9, "Ulm"), ("r2", "i", 2, 15, None, None)],
        "_row_id string, _ingestion_id string, trip int, took int, planned int, city string",
    )
    actual = feature_rows({"trips": silver}, contract).select("target")
    expected = spark.createDataFrame([(value,) for value in values], f"target {kind}")
    assert_df_equality(actual, expected, ignore_nullable=True)


def test_a_label_that_is_neither_text_nor_number_is_refused_by_its_type(
    spark: SparkSession,
) -> None:
    contract = contract_of(TRIPS + "    label: {name: target, expression: date '2024-01-01'}\n")
    silver = spark.createDataFrame(
        [("r1", "i", 1, 16, 9, "Ulm")],
        "_row_id string, _ingestion_id string, trip int, took int, planned int, city string",
    )
    message = "label 'target' (date '2024-01-01') is a date; it is a text, a number or a condition"
    with pytest.raises(FeatureSetError, match=re.escape(message)):
        feature_rows({"trips": silver}, contract)


def test_flights_are_built_day_by_day() -> None:
    feature_set: DailyFeatureSet = flights  # so that mypy compares the signatures
    assert isinstance(feature_set, DailyFeatureSet)


def test_a_feature_set_without_a_label_is_refused_and_says_where_to_state_it(
    spark: SparkSession,
) -> None:
    contract = contract_of(TRIPS, name="flights")
    message = "dataset 'flights' has a feature set and no label; state 'label' in conf/datasets/fl"
    with pytest.raises(FeatureSetError, match=message):
        feature_rows({"flights": spark.createDataFrame([(1,)], "trip int")}, contract)
