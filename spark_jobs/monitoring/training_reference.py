"""The reference that rows are held against: the bins and the profile of a training release."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import CLASS, SCORE
from conf.profile_columns import (
    ABSOLUTE_ERROR,
    ALL,
    COLUMN,
    DAY,
    EDGES,
    HIT,
    KIND,
    MAXIMUM,
    MINIMUM,
    MODEL_NAME,
    NEGATIVE_SCORE,
    NUMBER,
    POSITIVE_SCORE,
    REFERENCE,
    ROW_COUNT,
    SLICE,
    SQUARED_ERROR,
    TEXT,
    VALUES,
)
from spark_jobs import lake
from spark_jobs.delta_log import table_exists
from spark_jobs.fingerprint import fingerprint, version_of
from spark_jobs.monitoring.bins import Bins, learn_bins
from spark_jobs.monitoring.day_profiles import SUMMARY, profile_days
from spark_jobs.monitoring.group_sums import DIGEST, IS_LATE, ROW_DIGEST, SLICES
from spark_jobs.monitoring.watched_rows import WatchedModel, slice_values, watched_values
from spark_jobs.row_changes import with_row_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.model import Model
    from spark_jobs.delta_log import Record, TableState
    from spark_jobs.receipt import TableReceipt

SCORE_BINS = 25
ERROR_BINS, WIDEST_ERROR = 30, 3.0  # of a regression, in standard deviations of the label
KEY = (MODEL_NAME, SLICE, COLUMN)
ZERO_AND_ONE = frozenset({"0", "1"})


@dataclass(frozen=True)
class TrainingReference:
    """The bins of each watched column, the values that are slices, and the class that is positive.

    `id` names the training release and all that the bins follow from.
    """

    id: str
    bins: tuple[Bins, ...]
    slices: Mapping[str, tuple[str, ...]]
    positive: str | None


def sync_reference(
    spark: SparkSession,
    uri: str,
    train: TableReceipt,
    watched: WatchedModel,
    *,
    slices: Sequence[str],
) -> TrainingReference:
    """Return the reference of a training release, from the table at `uri` or made and put there.

    The table has a row for each model, slice and column: the profile of the release's rows, as
    `profile_days` makes it, with EDGES and VALUES of the bins. MINIMUM and MAXIMUM of ROW_COUNT are
    the first and the last day of the release, as days since 1970, where its rows have one. Bins of
    the same release, model and code are made once. `watched` needs neither slices nor a positive
    class yet.
    """
    model = watched.model
    identity = fingerprint("reference", version_of(train), model, watched.label, sorted(slices))
    if table_exists(spark, uri):
        stored = spark.read.format("delta").load(uri)
        of_model = stored.where(F.col(MODEL_NAME) == model.name)
        found = read_bins(of_model.where(F.col(REFERENCE) == identity))
        if found:
            return _reference(identity, found, watched, slices)
    learnt = lake.read_table(spark, train)
    values = learnt.select(*watched_values(watched))
    features = learn_bins(values, watched.kinds)
    bins = [*features, *_score_bins(values, features, watched)]
    reference = _reference(identity, bins, watched, slices)
    # Its plan is cut off: Spark would look through hundreds of expressions at each comparison.
    days = _days_of(learnt, watched.day)
    rows = _profile(values, features, reference, model, days=days).localCheckpoint()
    record = {"step": "profile_rows", "reference": identity, "train": version_of(train)}
    put_rows_of_model(rows, uri, key=KEY, model_name=model.name, record=record)
    return reference


def put_rows_of_model(
    rows: DataFrame, uri: str, *, key: Sequence[str], model_name: str, record: Record
) -> TableState:
    """Make a table hold exactly `rows` of a model; rows of other models stay."""
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return lake.sync_table(rows, uri, key=key, record=record)
    stored = spark.read.format("delta").load(uri).where(F.col(MODEL_NAME) == model_name)
    among = stored.select(*key).unionByName(rows.select(*key)).distinct()
    return lake.sync_rows(rows, uri, key=key, among=among, record=record)


def read_bins(rows: DataFrame) -> list[Bins]:
    """Read the bins of columns from their rows of the table of references."""
    told = (COLUMN, KIND, EDGES, VALUES)
    found = rows.where(F.col(SLICE) == ALL).select(*told).orderBy(COLUMN)
    return [
        Bins(row[COLUMN], row[KIND], tuple(row[EDGES]), tuple(row[VALUES]))
        for row in found.collect()
        if row[KIND] in {NUMBER, TEXT}
    ]


def _reference(
    identity: str, bins: Sequence[Bins], watched: WatchedModel, slices: Sequence[str]
) -> TrainingReference:
    by_column = {each.column: each for each in bins}
    return TrainingReference(
        identity,
        tuple(sorted(bins, key=lambda each: each.column)),
        {name: by_column[name].values for name in slices},
        _positive(watched.model, by_column[watched.label]),
    )


def _positive(model: Model, label: Bins) -> str | None:
    """Return the class whose probability scores are; None where they are of the predicted one."""
    if model.task == "regression":
        return None
    if model.positive is not None:
        return str(model.positive)
    return "1" if set(label.values) <= ZERO_AND_ONE else None


def _score_bins(values: DataFrame, features: Sequence[Bins], watched: WatchedModel) -> list[Bins]:
    """Return the bins of what training rows do not have: scores, and errors of a regression.

    A probability has bins of the same width, and one that ends at the threshold, so that no bin
    has rows of both predicted classes.
    """
    label = next(each for each in features if each.column == watched.label)
    if watched.model.task == "regression":
        spread = values.agg(F.stddev_pop(f"`{watched.label}`")).collect()[0][0] or 1.0
        width = spread * WIDEST_ERROR / ERROR_BINS
        errors = [width * place for place in range(1, ERROR_BINS + 1)]
        return [
            Bins(SCORE, NUMBER, edges=label.edges),
            Bins(ABSOLUTE_ERROR, NUMBER, edges=tuple(errors)),
            Bins(SQUARED_ERROR, NUMBER, edges=tuple(e**2 for e in errors)),
        ]
    grid = {place / SCORE_BINS for place in range(1, SCORE_BINS)} | {watched.model.threshold}
    by_score = [SCORE]
    if _positive(watched.model, label) is not None:
        by_score += [POSITIVE_SCORE, NEGATIVE_SCORE]
    return [
        *(Bins(name, NUMBER, edges=tuple(sorted(grid))) for name in by_score),
        Bins(CLASS, TEXT, values=label.values),
        Bins(HIT, NUMBER, edges=(0.0, math.nextafter(1, 0))),
    ]


def _days_of(learnt: DataFrame, day: str | None) -> tuple[float | None, float | None]:
    if day is None or day not in learnt.columns:
        return None, None
    since_1970 = F.unix_date(F.to_date(F.col(f"`{day}`"))).cast("double")
    ((first, last),) = learnt.agg(F.min(since_1970), F.max(since_1970)).collect()
    return first, last


def _profile(
    values: DataFrame,
    features: Sequence[Bins],
    reference: TrainingReference,
    model: Model,
    *,
    days: tuple[float | None, float | None],
) -> DataFrame:
    nothing = [
        F.lit(None).cast("double" if each.kind == NUMBER else "string").alias(each.column)
        for each in reference.bins
        if each not in features
    ]
    by_column = (slice_values(name, of) for name, of in reference.slices.items())
    rows = values.select(
        "*",
        *nothing,
        F.lit(None).cast("date").alias(DAY),
        F.array(F.lit(ALL), *by_column).alias(SLICES),
        F.lit(False).alias(IS_LATE),  # noqa: FBT003 # a literal
        F.lit(0).cast("long").alias(ROW_DIGEST),
    )
    bins = {each.column: each for each in reference.bins}
    of_release = (F.col(COLUMN) == ROW_COUNT) & (F.col(SLICE) == ALL)
    bounds = {
        name: F.when(of_release, F.lit(day).cast("double")).otherwise(F.col(name)).alias(name)
        for name, day in zip((MINIMUM, MAXIMUM), days, strict=True)
    }
    profiles = profile_days(rows, reference.bins).select(
        F.lit(model.name).alias(MODEL_NAME),
        SLICE,
        COLUMN,
        *(bounds.get(name, F.col(name)) for name in SUMMARY if name != DIGEST),
        _by_column({n: each.edges for n, each in bins.items()}, "array<double>").alias(EDGES),
        _by_column({n: each.values for n, each in bins.items()}, "array<string>").alias(VALUES),
        F.lit(reference.id).alias(REFERENCE),
    )
    return with_row_hash(profiles, [SLICE, COLUMN, REFERENCE])


def _by_column(arrays: Mapping[str, Sequence[float] | Sequence[str]], kind: str) -> SparkColumn:
    pairs = [(F.lit(name), F.lit(list(of)).cast(kind)) for name, of in arrays.items()]
    by_name = F.create_map(*(column for pair in pairs for column in pair))
    return F.coalesce(by_name[F.col(COLUMN)], F.array().cast(kind))
