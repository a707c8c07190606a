"""Profiles of arrivals: how many rows came on a day, and how many of them broke which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import BROKEN_RULES, INGESTION_ID
from conf.profile_columns import (
    ALL,
    ARRIVALS,
    ARRIVED,
    BINS,
    COLUMN,
    DAY,
    KIND,
    NULLS,
    ROWS,
    RULE,
    SLICE,
)
from spark_jobs.monitoring.day_profiles import SUMMARY
from spark_jobs.monitoring.watched_rows import ARRIVED_ON

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

BROKEN = "_broken"


def arrival_profiles(bronze: DataFrame, quarantine: DataFrame, arrived: DataFrame) -> DataFrame:
    """Return a profile of each day of arrival, and of each rule that rows broke which came then.

    Takes `arrival_days`. ROWS are all that arrived, and BINS has how many of them are quarantined:
    all, under the name ARRIVED, and by the name of each rule. A row that broke two is in both.
    """
    came = _counted(bronze, arrived, ROWS)
    by_rule = quarantine.select(INGESTION_ID, F.explode(BROKEN_RULES).alias(COLUMN))
    in_all = came.join(_counted(quarantine, arrived, BROKEN), on=[DAY], how="left")
    of_rules = _counted(by_rule, arrived, BROKEN, COLUMN).join(came, on=[DAY], how="inner")
    return in_all.select(*_profile(F.lit(ARRIVED), ARRIVALS)).unionByName(
        of_rules.select(*_profile(F.col(COLUMN), RULE))
    )


def _counted(rows: DataFrame, arrived: DataFrame, name: str, *by: str) -> DataFrame:
    # By file first: the days of files are joined to a few rows.
    by_file = rows.groupBy(INGESTION_ID, *by).agg(F.count(F.lit(1)).alias("_of_file"))
    dated = by_file.join(F.broadcast(arrived), on=[INGESTION_ID], how="inner")
    return dated.groupBy(F.col(ARRIVED_ON).alias(DAY), *by).agg(F.sum("_of_file").alias(name))


def _profile(column: SparkColumn, kind: str) -> list[SparkColumn]:
    known = {
        KIND: F.lit(kind),
        ROWS: F.col(ROWS),
        NULLS: F.lit(0).cast("long"),
        BINS: F.array(F.coalesce(BROKEN, F.lit(0)).cast("long")),
    }
    summary = [known.get(n, F.lit(None).cast(SUMMARY[n])).alias(n) for n in SUMMARY]
    return [F.col(DAY), F.lit(ALL).alias(SLICE), column.alias(COLUMN), *summary]
