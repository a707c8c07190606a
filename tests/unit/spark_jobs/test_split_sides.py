"""A row is in one split for ever: by its own values, not by other rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from spark_jobs.split_sides import SplitError, assign_split, rows_of_split
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

TRIPS = """
    columns:
      trip: {type: int, required: true}
      city: {type: string}
      day: {type: date}
      took: {type: int}
    key: [trip]
    label: {name: is_late, expression: took > 15}
"""
SHARES = "train: 0.6, validation: 0.2, test: 0.2}\n"
BY_KEY = contract_of(f"{TRIPS}    split: {{by: key, {SHARES}")
BY_GROUP = contract_of(f"{TRIPS}    split: {{by: group, column: city, {SHARES}")
BY_TIME = contract_of(
    TRIPS + "    split: {by: time, column: day, train: 2024-01-01, validation: 2024-02-01,"
    " test: 2024-03-01, end: 2024-04-01}\n"
)


def trips(spark: SparkSession, count: int) -> DataFrame:
    return spark.range(count).select(
        F.col("id").cast("int").alias("trip"),
        F.concat(F.lit("city "), F.col("id") % 200).alias("city"),
        F.lit(1.0).alias("is_late"),
    )


def sides_of(assigned: DataFrame) -> dict[int, str]:
    return {row["trip"]: row["_split"] for row in assigned.select("trip", "_split").collect()}


def test_shares_hold_roughly_and_every_row_stays_on_its_side_in_any_order(
    spark: SparkSession,
) -> None:
    features = trips(spark, 2000)
    sides = sides_of(assign_split(features, BY_KEY))
    shuffled = features.withColumn("trip", F.col("trip").cast("long")).repartition(7)
    assert sides_of(assign_split(shuffled.orderBy(F.rand(1)), BY_KEY)) == sides
    assert sides_of(assign_split(features.where("trip % 3 = 0"), BY_KEY)).items() <= sides.items()
    counts = Counter(sides.values())
    assert counts.keys() == {"train", "validation", "test"}
    assert 1120 <= counts["train"] <= 1280  # 1,200 and no more than 3.7 standard deviations off
    assert 330 <= counts["validation"] <= 470  # 400, as above


def test_a_group_is_never_torn_apart(spark: SparkSession) -> None:
    assigned = assign_split(trips(spark, 600), BY_GROUP).select("city", "_split").distinct()
    cities = assigned.collect()
    assert len(cities) == len({row["city"] for row in cities}) == 200
    assert {row["_split"] for row in cities} == {"train", "validation", "test"}


def test_by_time_a_split_begins_on_its_first_day_and_what_lies_outside_says_so(
    spark: SparkSession,
) -> None:
    rows = [
        (1, dt.date(2023, 12, 31), 0.0, "outside_split_period"),
        (2, dt.date(2024, 1, 1), 0.0, "train"),
        (3, dt.date(2024, 1, 31), 0.0, "train"),
        (4, dt.date(2024, 2, 1), 0.0, "validation"),
        (5, dt.date(2024, 3, 1), 0.0, "test"),
        (6, dt.date(2024, 3, 31), 0.0, "test"),
        (7, dt.date(2024, 4, 1), 0.0, "outside_split_period"),
        (8, None, 0.0, "outside_split_period"),
        (9, dt.date(2024, 2, 1), None, "label_unknown"),
    ]
    expected = spark.createDataFrame(rows, "trip int, day date, is_late double, _split string")
    actual = assign_split(expected.drop("_split"), BY_TIME)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_a_model_sees_the_rows_of_its_split_without_the_lakes_own_columns(
    spark: SparkSession,
) -> None:
    assigned = spark.createDataFrame(
        [(1, "r1", "i", "train"), (2, "r2", "i", "test")],
        "trip int, _row_id string, _ingestion_id string, _split string",
    )
    expected = spark.createDataFrame([(2,)], "trip int")
    assert_df_equality(rows_of_split(assigned, "test"), expected)


def test_a_dataset_without_label_or_split_cannot_be_split_and_says_what_to_state(
    spark: SparkSession,
) -> None:
    contract = contract_of(TRIPS)
    with pytest.raises(SplitError, match=r"'trips' has no label and split to train with; state"):
        assign_split(trips(spark, 1), contract)
