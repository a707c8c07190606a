"""Bring the table of profiles up to date: days that changed are profiled again, others are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import CLASS, SCORE
from conf.profile_columns import (
    ALL,
    ALL_ROWS,
    ARRIVALS,
    BINS,
    COLUMN,
    DAY,
    KIND,
    MODEL_NAME,
    REFERENCE,
    ROW_COUNT,
    ROWS,
    RULE,
    SLICE,
)
from spark_jobs import lake
from spark_jobs.delta_log import table_exists
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.monitoring.arrival_profiles import arrival_profiles
from spark_jobs.monitoring.day_profiles import SUMMARY, profile_days
from spark_jobs.monitoring.group_sums import DIGEST, ROW_DIGEST
from spark_jobs.monitoring.training_reference import sync_reference
from spark_jobs.monitoring.watched_rows import arrival_days, watched_rows
from spark_jobs.monitoring.watching import slice_columns, watch
from spark_jobs.receipt import Counts, TableReceipt, check_balance, table_receipt
from spark_jobs.repaired import standing
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.row_changes import schema_hash, with_row_hash
from spark_jobs.session import fit_to_rows, persisted
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.model import Model
    from conf.monitor import Monitor
    from spark_jobs.delta_log import Record, TableState
    from spark_jobs.monitoring.training_reference import TrainingReference
    from spark_jobs.monitoring.watched_rows import WatchedModel

TABLES = ("profiles", "references")
KEY = (MODEL_NAME, DAY, SLICE, KIND, COLUMN)  # a rule may have a column's name
OF_ARRIVALS = (ARRIVALS, RULE)
NO_DAY = "no_day"


@dataclass(frozen=True)
class Profiled:
    """The tables of profiles and references, and how many days were profiled now."""

    profiles: TableReceipt
    references: TableReceipt
    days: int


@naming_faults
@done_again_on_conflict
def profile_dataset(
    spark: SparkSession,
    tables: Mapping[str, TableReceipt],
    contract: Dataset,
    model: Model,
    monitor: Monitor,
    *,
    model_version: str,
    lake_uri: str,
) -> Profiled:
    """Bring gold's `profiles` and `references` of a model up to date with the tables on receipts.

    `tables` has bronze, quarantine, features, the champion's train, and scores if there are any.
    Each day has a digest of its rows and scores, of the bins and of this code: of a day whose
    digest is the stored one, only keys and hashes are read. A day without rows any more loses its
    profiles. Raises WatchError for a dataset that states too little to be watched, and ReceiptError
    unless each row of features is in the profile of one day, or has no day.
    """
    uris = {n: lake.table_uri(lake_uri, "gold", contract.name, n) for n in TABLES}
    fit_to_rows(spark, sum(table.rows_out for table in tables.values()))
    frames = {name: lake.read_table(spark, table) for name, table in tables.items()}
    frames["bronze"] = standing(frames["bronze"])
    watched = watch(frames["features"], contract, model, monitor, version=model_version)
    slices = slice_columns(model, monitor)
    reference = sync_reference(spark, uris["references"], tables["train"], watched, slices=slices)
    watched = replace(watched, slices=reference.slices, positive=reference.positive)
    arrived = arrival_days(frames["bronze"]).localCheckpoint()  # a row for each file
    rows = _rows_to_profile(frames, arrived, contract, watched, reference)
    changed = _changed_days(rows, uris["profiles"], model).localCheckpoint()
    arrivals = arrival_profiles(frames["bronze"], frames["quarantine"], arrived)
    with persisted(rows.join(F.broadcast(changed), on=[DAY], how="left_semi")) as of_days:
        profiles = arrivals
        if not changed.isEmpty():
            profiles = profile_days(of_days, reference.bins).unionByName(arrivals)
        # Its plan is cut off: Spark would look through hundreds of expressions at each comparison.
        profiles = _with_hash(profiles, reference, model).localCheckpoint()
    facts = {name: version_of(table) for name, table in sorted(tables.items())}
    record = {"step": "profile_rows", "reference": reference.id, **facts}
    state = _put(profiles, changed, uris["profiles"], model, record=record)
    no_day = rows.where(F.col(DAY).isNull()).count()
    receipt = _receipt(spark, state, tables["features"], model, no_day=no_day)
    return Profiled(receipt, lake.receipt_of(spark, uris["references"]), changed.count())


def _rows_to_profile(
    frames: Mapping[str, DataFrame],
    arrived: DataFrame,
    contract: Dataset,
    watched: WatchedModel,
    reference: TrainingReference,
) -> DataFrame:
    """Return the rows of features with the scores of the model's version, as they are profiled.

    ROW_DIGEST covers what a profile depends on beside the row.
    """
    none = frames["features"].limit(0).select(*contract.key)
    no_scores = none.select(
        *contract.key,
        F.lit(None).cast("double").alias(SCORE),
        F.lit(None).cast("string").alias(CLASS),
    )
    if "scores" in frames:
        is_of_model = (F.col("model_name") == watched.model.name) & (
            F.col("model_version") == watched.model_version
        )
        scores = frames["scores"].where(is_of_model)
    else:
        scores = no_scores
    rows = watched_rows(frames["features"], scores, arrived, contract, watched)
    made_by = fingerprint(
        "profile_rows", reference.id, watched.model_version, watched.late_after_days, watched.day
    )
    return rows.withColumn(ROW_DIGEST, F.xxhash64(ROW_DIGEST, F.lit(made_by)))


def _changed_days(rows: DataFrame, uri: str, model: Model) -> DataFrame:
    """Return each DAY whose rows are not those that are profiled in the table, if there is one."""
    digests = (
        rows.where(F.col(DAY).isNotNull())
        .groupBy(DAY)
        .agg(F.bit_xor(ROW_DIGEST).alias("_now"), F.count(F.lit(1)).alias("_rows"))
    )
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return digests.select(DAY)
    of_all = (F.col(COLUMN) == ROW_COUNT) & (F.col(SLICE) == ALL) & (F.col(KIND) == ALL_ROWS)
    stored = spark.read.format("delta").load(uri).where(F.col(MODEL_NAME) == model.name)
    before = stored.where(of_all).select(DAY, DIGEST, ROWS)
    is_same = F.col("_now").eqNullSafe(F.col(DIGEST)) & F.col("_rows").eqNullSafe(F.col(ROWS))
    return digests.join(before, on=[DAY], how="full").where(~is_same).select(DAY)


def _with_hash(profiles: DataFrame, reference: TrainingReference, model: Model) -> DataFrame:
    """Return profiles of days and of arrivals as the table has them."""
    whole_day = Window.partitionBy(DAY).rowsBetween(
        Window.unboundedPreceding, Window.unboundedFollowing
    )
    # Of a day's own rows the digest says all: sums of doubles differ with the order of rows.
    profiles = profiles.withColumn("_of_day", F.max(DIGEST).over(whole_day))
    is_of_day = ~F.col(KIND).isin(*OF_ARRIVALS)
    profiles = profiles.select(
        F.lit(model.name).alias(MODEL_NAME),
        DAY,
        SLICE,
        COLUMN,
        *SUMMARY,
        F.lit(reference.id).alias(REFERENCE),
        F.when(is_of_day, F.col("_of_day")).alias("_of_day"),
        F.when(~is_of_day, F.to_json(BINS)).alias("_counts"),
    )
    hashed = with_row_hash(profiles, [SLICE, COLUMN, ROWS, "_of_day", "_counts", REFERENCE])
    return hashed.drop("_of_day", "_counts")


def _put(
    profiles: DataFrame, changed: DataFrame, uri: str, model: Model, *, record: Record
) -> TableState:
    """Replace what the table has of these days, and of arrivals; nothing new is no commit."""
    spark = profiles.sparkSession
    if not table_exists(spark, uri):
        return lake.sync_table(profiles, uri, key=KEY, record=record)
    stored = spark.read.format("delta").load(uri).where(F.col(MODEL_NAME) == model.name)
    is_of_arrival = F.col(KIND).isin(*OF_ARRIVALS)
    of_days = stored.where(~is_of_arrival).join(F.broadcast(changed), on=[DAY], how="left_semi")
    among = stored.where(is_of_arrival).select(*KEY).unionByName(of_days.select(*KEY))
    among = among.unionByName(profiles.select(*KEY)).distinct()  # what is stored and comes again
    return lake.sync_rows(profiles, uri, key=KEY, among=among, record=record)


def _receipt(
    spark: SparkSession, state: TableState, features: TableReceipt, model: Model, *, no_day: int
) -> TableReceipt:
    """Return a receipt that counts rows of features, as the written table has them by day."""
    written = lake.read_version(spark, state.uri, state.version)
    of_all = (F.col(SLICE) == ALL) & (F.col(KIND) == ALL_ROWS) & (F.col(MODEL_NAME) == model.name)
    rows = written.where(of_all).agg(F.coalesce(F.sum(ROWS), F.lit(0))).collect()[0][0]
    set_aside = {NO_DAY: no_day}
    check_balance(
        f"profiles of {model.dataset!r}",
        rows_in=features.rows_out,
        rows_out=rows,
        set_aside=set_aside,
    )
    counts = Counts(features.rows_out, rows, set_aside)
    return table_receipt(state, counts, schema_hash=schema_hash(written))
