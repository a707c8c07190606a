"""Without a module of its own, a dataset's features are all columns but those of its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs.feature_sets import DailyFeatureSet, flights
from spark_jobs.features import FeatureSetError, feature_rows
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
