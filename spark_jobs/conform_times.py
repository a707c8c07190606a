"""Read dates and moments from text by a contract's formats and zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.column_notation import EPOCHS
from spark_jobs.conform_numbers import exact_decimal

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn

    from conf.dataset_column import Column

DATE_TEXT = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
TIMESTAMP_TEXT = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ].+)?$"
WITH_OFFSET = r"^[0-9]+-[0-9]+-[0-9]+[T ].*[A-Za-z+-]"
# The first and the last microsecond of the years 1 to 9999, which every reader can write.
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_OFFSET_LETTERS = "VzOXxZ"


def parse_time(text: SparkColumn, column: Column) -> SparkColumn:
    """Parse text by the first accepted format that fits; without formats, as ISO 8601."""
    zone = column.notation.zone
    if column.formats:
        parsed = F.coalesce(*(_by_format(text, f, zone) for f in column.formats))
        return parsed.cast(column.type)
    # Spark would take "12:30" for a time of today, and a day out of "2024-01-02 or so".
    written = DATE_TEXT if column.type == "date" else TIMESTAMP_TEXT
    parsed = text.cast(column.type)
    if zone:
        parsed = F.when(text.rlike(WITH_OFFSET), parsed).otherwise(in_zone(parsed, zone))
    return F.when(text.rlike(written), parsed)


def in_zone(moment: SparkColumn, zone: str) -> SparkColumn:
    """Return when a local time was; null for one that the clocks of the zone have skipped.

    Of one that they show twice it is the first.
    """
    instant = F.to_utc_timestamp(moment, zone)
    # Spark moves a skipped time by the hour that was skipped.
    return F.when(F.from_utc_timestamp(instant, zone) == moment, instant)


def _by_format(text: SparkColumn, pattern: str, zone: str | None) -> SparkColumn:
    if pattern in EPOCHS:
        return _since_epoch(text, EPOCHS[pattern])
    parsed = F.try_to_timestamp(text, F.lit(pattern))
    return in_zone(parsed, zone) if zone and not _states_offset(pattern) else parsed


def _since_epoch(text: SparkColumn, thousandths: int) -> SparkColumn:
    """Read a number of seconds, or of 10 ** -thousandths of them, since 1970-01-01 UTC."""
    behind = 6 - thousandths  # a microsecond is the least that Spark has
    micros = exact_decimal(text, 24, behind) * 10**behind
    return F.when(micros.between(FIRST, LAST), F.timestamp_micros(micros.cast("long")))


def _states_offset(pattern: str) -> bool:
    return any(letter in re.sub("'[^']*'", "", pattern) for letter in _OFFSET_LETTERS)
