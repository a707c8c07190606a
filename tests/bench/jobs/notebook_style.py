"""Flights as a notebook cleans and splits them: python -m …notebook_style RAW OUT.

Types are inferred, rows filtered, keys made unique, tables joined, three tables written, and rows
counted after each step. What it leaves out: quarantine, duplicates that are kept, receipts, a
history, anything done in part, and MLTables.
"""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tests.bench.jobs.plain_session import plain_session

RATES = {"carrier": ["carrier"], "route": ["origin", "dest"], "aircraft": ["tailnum"]}
WEATHER = (*("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"),)
SPLITS = {
    "train": ("2013-01-01", "2013-10-01"),
    "validation": ("2013-10-01", "2013-11-01"),
    "test": ("2013-11-01", "2013-12-01"),
}


def main(raw: str, out: str) -> None:
    spark = plain_session("notebook")

    def read(path: str) -> DataFrame:
        return spark.read.csv(f"{raw}/{path}", header=True, inferSchema=True, nullValue="NA")

    flights, weather, planes = read("flights/history"), read("weather"), read("planes")
    say("flights", flights)
    flights = clean(flights).withColumn("is_late", (F.col("arr_delay") > 15).cast("double"))
    say("clean", flights)
    features = flights
    for name, keys in RATES.items():
        features = features.join(rate(flights, name, keys), [*keys, "flight_date"], "left")
    features = (
        features.join(clean_weather(weather), ["origin", "time_hour"], "left")
        .join(clean_planes(planes), "tailnum", "left")
        .dropna(subset=["is_late"])
    )
    say("features", features)
    for name, (first, end) in SPLITS.items():
        is_in = (F.col("flight_date") >= first) & (F.col("flight_date") < end)
        columns(features.where(is_in)).write.format("delta").mode("overwrite").save(f"{out}/{name}")
        say(name, spark.read.format("delta").load(f"{out}/{name}"))
    spark.stop()


def clean(flights: DataFrame) -> DataFrame:
    is_valid = (
        F.col("origin").isin("EWR", "JFK", "LGA")
        & F.col("distance").between(1, 12500)
        & (F.col("sched_dep_time") == F.col("hour") * 100 + F.col("minute"))
        & (F.col("arr_delay").isNull() | F.col("arr_time").isNotNull())
    )
    return (
        flights.dropna(subset=["sched_dep_time", "carrier", "flight", "origin", "dest"])
        .where(is_valid)
        .dropDuplicates(["time_hour", "carrier", "flight"])
        .withColumn("flight_date", F.make_date("year", "month", "day"))
    )


def clean_weather(weather: DataFrame) -> DataFrame:
    is_possible = F.coalesce(F.col("wind_speed") <= 200, F.lit(True)) & F.coalesce(  # noqa: FBT003
        F.col("wind_gust") <= 250,
        F.lit(True),  # noqa: FBT003 # literals
    )
    hourly = weather.where(is_possible).dropDuplicates(["origin", "time_hour"])
    return hourly.select("origin", "time_hour", *WEATHER)


def clean_planes(planes: DataFrame) -> DataFrame:
    is_possible = F.coalesce(F.col("year") >= 1900, F.lit(True))  # noqa: FBT003 # a literal
    return planes.where(is_possible).select(
        "tailnum", F.col("year").alias("plane_year"), F.col("seats").alias("plane_seats")
    )


def rate(flights: DataFrame, name: str, keys: list[str]) -> DataFrame:
    daily = (
        flights.dropna(subset=keys)
        .groupBy(*keys, "flight_date")
        .agg(F.sum("is_late").alias("late"), F.count("is_late").alias("known"))
    )
    before = (
        Window.partitionBy(*keys)
        .orderBy(F.datediff("flight_date", F.lit("1970-01-01")))
        .rangeBetween(-28, -1)
    )
    known = F.sum("known").over(before)
    return daily.select(
        *keys,
        "flight_date",
        F.when(known > 0, F.sum("late").over(before) / known).alias(f"{name}_late_rate_28d"),
        F.coalesce(known, F.lit(0)).cast("int").alias(f"{name}_flights_28d"),
    )


def columns(features: DataFrame) -> DataFrame:
    arrival = F.col("sched_arr_time")
    return features.select(
        *("time_hour", "carrier", "flight", "flight_date", "origin", "dest", "tailnum"),
        (F.col("hour") * 60 + F.col("minute")).alias("sched_dep_minute"),
        (F.floor(arrival / 100) * 60 + arrival % 100).cast("int").alias("sched_arr_minute"),
        F.dayofweek("flight_date").alias("day_of_week"),
        "distance",
        *WEATHER,
        (F.col("year") - F.col("plane_year")).alias("plane_age"),
        "plane_seats",
        *("carrier_late_rate_28d", "route_late_rate_28d", "aircraft_late_rate_28d"),
        *("aircraft_flights_28d", "is_late"),
    )


def say(name: str, rows: DataFrame) -> None:
    sys.stdout.write(f"{name}: {rows.count()} rows\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
