"""Features of a flight as known at its scheduled departure: schedule, weather, plane, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs.history import rates_before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

# A flight's features look back this many days before its own, and never ahead.
HISTORY_DAYS = 28
DAY = "flight_date"
WEATHER = (*("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"),)


def build(tables: Mapping[str, DataFrame], *, label: str, kept: Sequence[str]) -> DataFrame:
    """Return one row for each flight: what is known before it departs, and the columns `kept`.

    Takes the valid rows of flights (with `label`, null while unknown), weather and planes. What
    is known only later (dep_time, dep_delay, arr_time, air_time) is not used.
    """
    flights = tables["flights"].withColumn(DAY, day_of(tables["flights"]))
    by_carrier = _rates(flights, "carrier", label=label)
    by_route = _rates(flights, "origin", "dest", label=label, prefix="route")
    by_aircraft = _rates(flights, "tailnum", label=label, prefix="aircraft")
    # Broadcast, but for the aircraft's: airports, hours, carriers and routes are few by nature.
    return (
        flights.join(
            F.broadcast(_hourly_weather(tables["weather"])), on=["origin", "time_hour"], how="left"
        )
        .join(F.broadcast(_aircraft(tables["planes"])), on=["tailnum"], how="left")
        .join(F.broadcast(by_carrier), on=["carrier", "flight_date"], how="left")
        .join(F.broadcast(by_route), on=["origin", "dest", "flight_date"], how="left")
        .join(by_aircraft, on=["tailnum", "flight_date"], how="left")
        .select(
            "time_hour",
            "carrier",
            "flight",
            "flight_date",
            "origin",
            "dest",
            "tailnum",
            (F.col("hour") * 60 + F.col("minute")).alias("sched_dep_minute"),
            _minute_of_day(F.col("sched_arr_time")).alias("sched_arr_minute"),
            F.dayofweek("flight_date").alias("day_of_week"),
            "distance",
            *WEATHER,
            (F.col("year") - F.col("plane_year")).alias("plane_age"),
            "plane_seats",
            "carrier_late_rate_28d",
            "route_late_rate_28d",
            "aircraft_late_rate_28d",
            "aircraft_flights_28d",
            *kept,
        )
    )


def day_of(valid: DataFrame) -> SparkColumn:
    """Return the local day of a valid flight's scheduled departure."""
    return F.make_date(valid["year"], valid["month"], valid["day"])


def _minute_of_day(hhmm: SparkColumn) -> SparkColumn:
    """Turn a clock time written as HHMM into minutes since midnight."""
    return (F.floor(hhmm / 100) * 60 + hhmm % 100).cast("int")


def _hourly_weather(weather: DataFrame) -> DataFrame:
    return weather.select("origin", "time_hour", *WEATHER)


def _aircraft(planes: DataFrame) -> DataFrame:
    return planes.select(
        "tailnum", F.col("year").alias("plane_year"), F.col("seats").alias("plane_seats")
    )


def _rates(flights: DataFrame, *entity: str, label: str, prefix: str | None = None) -> DataFrame:
    name = prefix or entity[0]
    rates = rates_before(
        flights, entity=entity, day="flight_date", outcome=label, days=HISTORY_DAYS, prefix=name
    )
    return rates.select(
        *entity,
        "flight_date",
        F.col(f"{name}_rate_28d").alias(f"{name}_late_rate_28d"),
        F.col(f"{name}_known_28d").alias(f"{name}_flights_28d"),
    )
