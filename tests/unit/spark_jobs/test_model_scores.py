"""Spark makes the same scores, classes and inputs of a model's columns as pandas does."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

import raw_columns
from spark_jobs import model_scores
from spark_jobs.model_scores import Prediction, model_inputs, score_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NAN = float("nan")
WORDS = Prediction("classification", 0.5, ("corn", "oat", "rye"), None)
PAIR = Prediction("classification", 0.3, ("on time", "late"), "late")


def test_days_that_pandas_does_not_reach_are_the_same_to_both() -> None:
    bounds = (model_scores.FIRST_DAY, model_scores.LAST_DAY)
    assert bounds == (raw_columns.FIRST_DAY, raw_columns.LAST_DAY)


def scored(spark: SparkSession, predicted: list[list[float]], prediction: Prediction) -> DataFrame:
    rows = spark.createDataFrame([(each,) for each in predicted], "predicted array<double>")
    return rows.select(*score_columns(F.col("predicted"), prediction))


@pytest.mark.spark
def test_the_most_probable_class_is_predicted_the_first_of_equals_and_none_without_a_number(
    spark: SparkSession,
) -> None:
    actual = scored(spark, [[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [NAN, NAN, NAN]], WORDS)
    expected = spark.createDataFrame(
        [
            (0.5, "oat", {"corn": 0.2, "oat": 0.5, "rye": 0.3}),
            (0.4, "corn", {"corn": 0.4, "oat": 0.2, "rye": 0.4}),
            (NAN, None, None),
        ],
        "score double, class string, probabilities map<string, double>",
    )
    assert_df_equality(actual, expected, ignore_nullable=True, allow_nan_equality=True)


@pytest.mark.spark
def test_of_two_classes_the_positive_one_is_predicted_above_the_threshold(
    spark: SparkSession,
) -> None:
    actual = scored(spark, [[0.7, 0.3], [0.6, 0.4]], PAIR)
    expected = spark.createDataFrame(
        [
            (0.3, "on time", {"on time": 0.7, "late": 0.3}),
            (0.4, "late", {"on time": 0.6, "late": 0.4}),
        ],
        "score double, class string, probabilities map<string, double>",
    )
    assert_df_equality(actual, expected, ignore_nullable=True)
    zero_and_one = scored(spark, [[0.7, 0.3], [0.4, 0.6]], Prediction("classification", 0.5))
    expected = spark.createDataFrame([(0.3, 0), (0.6, 1)], "score double, class int")
    assert_df_equality(zero_and_one, expected, ignore_nullable=True)


@pytest.mark.spark
def test_inputs_are_those_that_pandas_makes_of_the_same_table(spark: SparkSession) -> None:
    day, moment = dt.date(9999, 12, 31), dt.datetime(2024, 1, 2, 3, 4, 5)  # noqa: DTZ001 # as Spark reads
    rows = spark.createDataFrame(
        [(day, moment, 7, 7.0, True, "a"), (None, None, None, None, None, None)],
        "day date, at timestamp, floor int, size double, is_open boolean, word string",
    )
    types = {"day": "datetime", "at": "datetime", "floor": "string", "size": "string"}
    types |= {"is_open": "string", "word": "string"}
    actual = rows.select(*model_inputs(rows, types))
    expected = spark.createDataFrame(
        [(dt.datetime(2262, 4, 11), moment, "7", "7", "true", "a"), (None,) * 6],  # noqa: DTZ001 # same
        "day timestamp, at timestamp, floor string, size string, is_open string, word string",
    )
    assert_df_equality(actual, expected, ignore_nullable=True)
    stored = {
        "day": [day, None],
        "at": pd.to_datetime(pd.Series([moment, None])),
        "floor": [7.0, None],
        "size": [7.0, None],
        "is_open": [True, None],
        "word": ["a", None],
    }
    found = {
        name: raw_columns.typed(pd.Series(values, name=name), types[name])
        for name, values in stored.items()
    }
    assert [found[name][0] for name in types] == list(expected.collect()[0])
    assert all(pd.isna(found[name][1]) for name in types)
