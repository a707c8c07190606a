"""Features and splits follow silver: only what changed is written, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from conf.dataset import load_dataset
from spark_jobs import lake
from spark_jobs.feature_sets.flights import WEATHER
from spark_jobs.features import build_features
from spark_jobs.row_changes import with_row_hash
from spark_jobs.split import split_features
from spark_jobs.split_sides import SplitError
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = """
    columns:
      trip: {type: int, required: true}
      day: {type: date}
      took: {type: int}
    key: [trip]
    label: {name: is_late, expression: took > 15}
    split: {by: time, column: day, train: 2024-01-01, validation: 2024-02-01, test: 2024-03-01,
            end: 2024-04-01}
"""
DAYS = {month: dt.date(2024, month, 9) for month in (1, 2, 3, 4)}


def silver_of(spark: SparkSession, folder: Path, name: str, rows: DataFrame) -> TableReceipt:
    uri = f"{folder}/silver/{name}"
    hashed = with_row_hash(rows, rows.columns)
    lake.sync_table(hashed, uri, key=["_row_id"], record={})
    return lake.receipt_of(spark, uri, rows_in=rows.count())


def flights(spark: SparkSession, *flown: tuple[int, int, int | None]) -> DataFrame:
    """Return flights of one aircraft and route, each by its month, day and arrival delay."""
    rows = [
        (
            *(f"{month}-{day}", "i", 2024, month, day, 5, 30, 700, "UA", 1, "N1", "JFK", "BOS"),
            *(300, dt.datetime(2024, month, day, 10, tzinfo=dt.UTC), delay),
        )
        for month, day, delay in flown
    ]
    return spark.createDataFrame(
        rows,
        "_row_id string, _ingestion_id string, year int, month int, day int, hour int, minute int, "
        "sched_arr_time int, carrier string, flight int, tailnum string, origin string, "
        "dest string, distance int, time_hour timestamp, arr_delay int",
    )


def related_to_flights(spark: SparkSession, folder: Path) -> dict[str, TableReceipt]:
    measured = ", ".join(f"{name} double" for name in WEATHER)
    weather = f"_row_id string, origin string, time_hour timestamp, {measured}"
    planes = spark.createDataFrame(
        [("p", "N1", 2004, 9)], "_row_id string, tailnum string, year int, seats int"
    )
    return {
        "weather": silver_of(spark, folder, "weather", spark.createDataFrame([], weather)),
        "planes": silver_of(spark, folder, "planes", planes),
    }


@pytest.mark.slow
def test_features_built_by_and_by_are_those_built_at_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract, related = load_dataset("flights"), related_to_flights(spark, tmp_path)
    january = [(1, 1, 99), (1, 20, 0)]
    arrivals = [
        january,
        [*january, (2, 1, 99), (2, 2, 0)],
        [*january, (2, 1, 99), (2, 2, 0), (1, 19, 99)],  # late news of January changes February
    ]
    late_rates = []
    for flown in arrivals:
        silver = silver_of(spark, tmp_path, "flights", flights(spark, *flown))
        tables = {"flights": silver, **related}
        features = build_features(spark, tables, contract, lake_uri=f"{tmp_path}/apart")
        assert build_features(spark, tables, contract, lake_uri=f"{tmp_path}/apart") == features
        late_rates.append(
            {
                row["_row_id"]: row["carrier_late_rate_28d"]
                for row in lake.read_table(spark, features).collect()
            }
        )
    assert late_rates == [
        {"1-1": None, "1-20": 1.0},
        {"1-1": None, "1-20": 1.0, "2-1": 0.0, "2-2": 0.5},
        {"1-1": None, "1-19": 1.0, "1-20": 1.0, "2-1": 0.5, "2-2": 2 / 3},
    ]
    at_once = build_features(spark, tables, contract, lake_uri=f"{tmp_path}/together")
    assert_df_equality(
        lake.read_table(spark, features), lake.read_table(spark, at_once), ignore_row_order=True
    )
    assert len(operations(features.uri)) == len(arrivals)


@pytest.mark.slow
def test_features_follow_flights_that_come_go_and_change(
    spark: SparkSession, tmp_path: Path
) -> None:
    random = Random(0)  # noqa: S311 # no secret
    contract, related = load_dataset("flights"), related_to_flights(spark, tmp_path)
    flown: dict[tuple[int, int], int | None] = {(1, 1): 99}
    for _ in range(5):
        for _ in range(random.randrange(1, 6)):
            day = random.randrange(1, 5), random.randrange(1, 29)
            flown[day] = random.choice([0, 99, None])
        if random.random() < 0.5:
            del flown[random.choice(list(flown))]
        rows = flights(spark, *((*day, delay) for day, delay in flown.items()))
        tables = {"flights": silver_of(spark, tmp_path, "flights", rows), **related}
        features = build_features(spark, tables, contract, lake_uri=f"{tmp_path}/apart")
    at_once = build_features(spark, tables, contract, lake_uri=f"{tmp_path}/together")
    assert_df_equality(
        lake.read_table(spark, features), lake.read_table(spark, at_once), ignore_row_order=True
    )
    assert features.rows_out == len(flown)


def features_of(spark: SparkSession, folder: Path, months: list[int]) -> TableReceipt:
    known = [(trip, DAYS[month], 1.0, f"r{trip}", "i") for trip, month in enumerate(months)]
    rows = [*known, (99, DAYS[1], None, "r99", "i")]
    columns = "trip int, day date, is_late double, _row_id string, _ingestion_id string"
    features = with_row_hash(spark.createDataFrame(rows, columns), ["trip", "day", "is_late"])
    return lake.create_once(features, f"{folder}/features", record={}, rows_in=len(rows))


def split(
    spark: SparkSession, folder: Path, features: TableReceipt, contract: Dataset
) -> dict[str, TableReceipt]:
    return split_features(spark, features, contract, lake_uri=str(folder))


def test_each_split_has_its_table_and_its_receipt_tells_where_the_other_rows_are(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(TRIPS)
    features = features_of(spark, tmp_path, [1, 1, 2, 3, 4])
    tables = split(spark, tmp_path, features, contract)
    aside = {"label_unknown": 1, "outside_split_period": 1}
    assert {part: (table.rows_in, table.rows_out) for part, table in tables.items()} == {
        "train": (6, 2),
        "validation": (6, 1),
        "test": (6, 1),
    }
    assert tables["train"].set_aside == {**aside, "in_validation": 1, "in_test": 1}
    assert tables["test"].checksum["is_late"] == {
        "kind": "number",
        "nulls": 0,
        "min": 1.0,
        "max": 1.0,
        "sum": 1.0,
    }
    expected = spark.createDataFrame(
        [(0, DAYS[1], 1.0), (1, DAYS[1], 1.0)], "trip int, day date, is_late double"
    )
    train = lake.read_table(spark, tables["train"]).drop("_row_hash")
    assert_df_equality(train, expected, ignore_row_order=True, ignore_nullable=True)
    assert split(spark, tmp_path, features, contract) == tables
    assert [operations(table.uri) for table in tables.values()] == [["WRITE"]] * 3


def test_an_empty_split_is_refused_and_nothing_is_written(
    spark: SparkSession, tmp_path: Path
) -> None:
    features = features_of(spark, tmp_path, [1, 3])
    with pytest.raises(SplitError, match=r"split of 'trips': \['validation'\] would be empty; cor"):
        split(spark, tmp_path, features, contract_of(TRIPS))
    assert not (tmp_path / "gold").exists()
