"""Select the rows of some days from the features as a batch, whatever files they came with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import REASON, ROW_ID
from spark_jobs import lake
from spark_jobs.batch import without_outcome
from spark_jobs.feature_rows import day_column
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import fit_to_rows
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

NOT_STATED = "none"


class DaysError(ValueError):
    """Days are none, or a dataset has none."""


@dataclass(frozen=True)
class Days:
    """A range of days, with both of its ends."""

    first: dt.date
    last: dt.date


def read_days(first: str, last: str) -> Days | None:
    """Read a range from its ends as ISO 8601 writes days, or None where neither is stated.

    Raises DaysError for text that is no day, for one end without the other, and for a last day
    before the first.
    """
    if first == last == NOT_STATED:
        return None
    try:
        days = Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    except ValueError as error:
        raise DaysError(
            f"first_day {first!r} and last_day {last!r} are no two days; write them as 2024-01-31, "
            f"or both as {NOT_STATED}"
        ) from error
    if days.last < days.first:
        raise DaysError(f"last_day {last} is before first_day {first}")
    return days


@naming_faults
@done_again_on_conflict
def select_days(
    spark: SparkSession, features: TableReceipt, contract: Dataset, days: Days, *, lake_uri: str
) -> dict[str, TableReceipt]:
    """Write the rows of features of some days to the tables `batch` and `rejected`, as batches are.

    Nothing is rejected. The same features and days are the same tables, written once. Raises
    DaysError for a dataset whose rows state no day, and where no row is of these days.
    """
    batch_id = fingerprint("select_days", version_of(features), days, contract)
    fit_to_rows(spark, features.rows_out)
    frame = lake.read_table(spark, features)
    column = day_column(frame, contract)
    if column is None:
        raise DaysError(
            f"dataset {contract.name!r}: its rows stand for no day; state 'event_time' in "
            f"conf/datasets/{contract.name}.yml, a column of its features"
        )
    rows = frame.where(F.to_date(F.col(f"`{column}`")).between(days.first, days.last))
    rows_in = rows.count()
    if not rows_in:
        raise DaysError(
            f"dataset {contract.name!r} has no row of {days.first} to {days.last}; nothing to score"
        )
    record = {"step": "select_batch", "batch": batch_id, "features": version_of(features)}
    folder = lake.table_uri(lake_uri, "batches", contract.name, batch_id)
    none = rows.select(*contract.key, ROW_ID, F.lit("").alias(REASON)).limit(0)
    rejected = lake.create_once(none, f"{folder}/rejected", record=record, rows_in=rows_in)
    batch = lake.create_once(
        without_outcome(rows, contract), f"{folder}/batch", record=record, rows_in=rows_in
    )
    check_balance(
        f"days of {contract.name!r}", rows_in=rows_in, rows_out=batch.rows_out, set_aside={}
    )
    return {"batch": lake.with_checksum(spark, batch), "rejected": rejected}
