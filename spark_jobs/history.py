"""Rates of an outcome over the days strictly before a day: what was known when it began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame


def rates_before(
    events: DataFrame, *, entity: Sequence[str], day: str, outcome: str, days: int, prefix: str
) -> DataFrame:
    """Return, per `entity` and `day` of events, how often `outcome` was 1 in the `days` before.

    Takes `entity`, `day` (a date) and `outcome` (0, 1 or null while unknown); events without an
    entity are left out. Returns one row per entity and day, so that a join on them adds no row:
    <prefix>_rate_<days>d (null without a known outcome) and <prefix>_known_<days>d, the
    number of known outcomes. The day itself is never counted, so nothing of it can leak.
    """
    daily = (
        events.dropna(subset=list(entity))
        .groupBy(*entity, day)
        .agg(F.count(outcome).alias("known"), F.sum(outcome).alias("happened"))
    )
    # A range of days is counted in numbers; a range of rows would reach over days without events.
    day_number = F.datediff(F.col(day), F.to_date(F.lit("1970-01-01")))
    days_before = Window.partitionBy(*entity).orderBy(day_number).rangeBetween(-days, -1)
    count = F.coalesce(F.sum("known").over(days_before), F.lit(0))
    happened = F.sum("happened").over(days_before)
    return daily.select(
        *entity,
        day,
        F.when(count > 0, happened / count).alias(f"{prefix}_rate_{days}d"),
        count.cast("int").alias(f"{prefix}_known_{days}d"),
    )
