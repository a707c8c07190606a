"""What is judged, as small tables for a step without Spark: periods, days and the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.profile_columns import (
    ALL,
    ALL_ROWS,
    ARRIVALS,
    BINS,
    COLUMN,
    DAY,
    DISTINCT,
    KIND,
    MODEL_NAME,
    NULLS,
    PERIOD,
    REFERENCE,
    ROWS,
    RULE,
    SCORED,
    SLICE,
)
from spark_jobs.monitoring.day_profiles import merge_profiles

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from conf.monitor import Monitor

LAST_DAY = "_last_day"


def summaries_of(
    profiles: DataFrame, references: DataFrame, monitor: Monitor, *, model_name: str
) -> dict[str, DataFrame]:
    """Return the tables `periods`, `days` and `references` of a model.

    Period 0 ends on the last day with scores, or with rows where nothing is scored; its profiles
    are merged from those of its days that are by the bins of the present reference. `days` has how
    many rows and nulls each column has on a day, and counts of all rows, arrivals and rules, of
    at most the monitor's `history_days` before the last day of all.
    """
    own = profiles.where(F.col(MODEL_NAME) == model_name)
    reference = references.where(F.col(MODEL_NAME) == model_name)
    is_of_arrival = F.col(KIND).isin(ARRIVALS, RULE)
    dated = own.where(~is_of_arrival)
    present = dated.join(
        F.broadcast(reference.select(REFERENCE).distinct()), on=[REFERENCE], how="left_semi"
    )
    recent = _of_history(own.where(F.col(SLICE) == ALL), monitor)
    return {
        "periods": _told(_periods(present, monitor)),
        "days": recent.select(DAY, COLUMN, KIND, ROWS, NULLS, BINS),
        "references": _told(reference),
    }


def _periods(profiles: DataFrame, monitor: Monitor) -> DataFrame:
    is_all_rows = F.col(KIND) == ALL_ROWS
    last_scored = F.max(F.when(is_all_rows & (F.col(SLICE) == SCORED), F.col(DAY)))
    last = profiles.agg(F.coalesce(last_scored, F.max(DAY)).alias(LAST_DAY))
    age = F.datediff(LAST_DAY, DAY)
    aged = profiles.crossJoin(F.broadcast(last)).where(age.between(0, monitor.history_days - 1))
    numbered = aged.withColumn(PERIOD, F.floor(age / monitor.period_days).cast("int"))
    merged = merge_profiles(numbered, by=[PERIOD])
    ends = F.date_sub(LAST_DAY, F.col(PERIOD) * monitor.period_days)
    return merged.crossJoin(F.broadcast(last)).withColumn(DAY, ends).drop(LAST_DAY)


def _of_history(profiles: DataFrame, monitor: Monitor) -> DataFrame:
    last = profiles.where(F.col(KIND) == ALL_ROWS).agg(F.max(DAY).alias(LAST_DAY))
    first_day = F.date_sub(LAST_DAY, monitor.history_days)
    return profiles.crossJoin(F.broadcast(last)).where(F.col(DAY) > first_day)


def _told(profiles: DataFrame) -> DataFrame:
    """Replace sketches by the number of distinct values that they estimate."""
    return profiles.withColumn(DISTINCT, F.hll_sketch_estimate(DISTINCT))
