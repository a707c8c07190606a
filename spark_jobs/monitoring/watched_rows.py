"""The rows that are watched: features with their outcome and score, the day they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import CLASS, INGESTION_ID, ROW_HASH, ROW_ID, SCORE
from conf.profile_columns import (
    ABSOLUTE_ERROR,
    ALL,
    DAY,
    HIT,
    NEGATIVE_SCORE,
    NULL,
    NUMBER,
    OTHER,
    POSITIVE_SCORE,
    SCORED,
    SQUARED_ERROR,
    TEXT,
)
from spark_jobs.monitoring.group_sums import IS_LATE, ROW_DIGEST, SLICES
from spark_jobs.snapshots import time_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset
    from conf.model import Model

ARRIVED_ON = "_arrived_on"
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class WatchedModel:
    """What is watched of a dataset: its model, and how late a row may arrive.

    `day` is the column of features that holds a row's day or moment; without one a row stands for
    the day on which its file arrived. `slices` maps columns to the values that are slices.
    """

    model: Model
    model_version: str
    label: str
    day: str | None
    late_after_days: int
    slices: Mapping[str, Sequence[str]]
    positive: str | None = None

    @property
    def kinds(self) -> dict[str, str]:
        """Return the kind of each feature, and of the label."""
        texts = dict.fromkeys(self.model.categorical, TEXT)
        label = NUMBER if self.model.task == "regression" else TEXT
        return dict.fromkeys(self.model.features, NUMBER) | texts | {self.label: label}


def arrival_days(bronze: DataFrame) -> DataFrame:
    """Return INGESTION_ID and the day ARRIVED_ON of each file that bronze has."""
    return bronze.groupBy(INGESTION_ID).agg(F.to_date(F.min(time_of())).alias(ARRIVED_ON))


def watched_values(watched: WatchedModel) -> list[SparkColumn]:
    """Return features and label as numbers or texts.

    Truth values are 1 and 0, dates days since 1970, and free texts their length. What is no number,
    or has no end, is null. Classes that are whole numbers are texts without a decimal point.
    """
    model = watched.model
    numbers = [_number(name).alias(name) for name in (*model.numeric, *model.boolean)]
    dates = [
        (F.col(f"`{name}`").cast("timestamp").cast("double") / SECONDS_A_DAY).alias(name)
        for name in model.date
    ]
    texts = [F.col(f"`{name}`").cast("string").alias(name) for name in model.categorical]
    lengths = [F.length(f"`{name}`").cast("double").alias(name) for name in model.text]
    label = _number(watched.label) if model.task == "regression" else _class(watched.label)
    return [*numbers, *dates, *texts, *lengths, label.alias(watched.label)]


def watched_rows(
    features: DataFrame,
    scores: DataFrame,
    arrived: DataFrame,
    contract: Dataset,
    watched: WatchedModel,
) -> DataFrame:
    """Return rows as `profile_days` takes them, those without a day with a null DAY.

    Takes features, the scores of one model version, and `arrival_days`. Each row of features is
    there once.
    """
    of_scores = scores.select(
        *contract.key, _number(SCORE).alias(SCORE), F.col(CLASS).cast("string").alias(CLASS)
    )
    joined = (
        features.select(*_needed(features, contract, watched))
        .join(F.broadcast(arrived), on=[INGESTION_ID], how="left")
        .join(of_scores, on=list(contract.key), how="left")
    )
    day = F.col(ARRIVED_ON) if watched.day is None else F.to_date(F.col(f"`{watched.day}`"))
    is_late = F.col(ARRIVED_ON) > F.date_add(day, watched.late_after_days)
    told = joined.select(
        day.alias(DAY),
        F.coalesce(is_late, F.lit(False)).alias(IS_LATE),  # noqa: FBT003 # a literal
        F.xxhash64(ROW_ID, ROW_HASH, SCORE, CLASS, ARRIVED_ON).alias(ROW_DIGEST),
        *watched_values(watched),
        SCORE,
        CLASS,
    )
    return told.select("*", _slices(watched).alias(SLICES), *_outcomes(watched))


def slice_values(name: str, values: Sequence[str]) -> SparkColumn:
    """Return the slice of a row by one column: `<name>=<value>`, or other, or null."""
    value = F.col(f"`{name}`")
    shown = F.when(value.isNull(), NULL).when(value.isin(*values), value).otherwise(OTHER)
    return F.concat(F.lit(f"{name}="), shown)


def _needed(features: DataFrame, contract: Dataset, watched: WatchedModel) -> list[SparkColumn]:
    day = [watched.day] if watched.day else []
    names = (*contract.key, ROW_ID, INGESTION_ID, ROW_HASH, *day, *watched.kinds)
    return [F.col(f"`{name}`") for name in dict.fromkeys(names) if name in features.columns]


def _slices(watched: WatchedModel) -> SparkColumn:
    scored = F.when(F.col(SCORE).isNotNull(), SCORED)
    by_column = [slice_values(name, values) for name, values in watched.slices.items()]
    return F.array_compact(F.array(F.lit(ALL), scored, *by_column))


def _outcomes(watched: WatchedModel) -> list[SparkColumn]:
    """Return what measures a model once outcomes are known; null until then, and without scores."""
    label, score = F.col(f"`{watched.label}`"), F.col(SCORE)
    if watched.model.task == "regression":
        error = F.abs(score - label)
        return [error.alias(ABSOLUTE_ERROR), (error * error).alias(SQUARED_ERROR)]
    hit = F.when(F.col(CLASS).isNotNull(), (F.col(CLASS) == label).cast("double"))
    if watched.positive is None:
        return [hit.alias(HIT)]
    is_positive = label == watched.positive
    return [
        hit.alias(HIT),
        F.when(is_positive, score).alias(POSITIVE_SCORE),
        F.when(~is_positive, score).alias(NEGATIVE_SCORE),
    ]


def _number(name: str) -> SparkColumn:
    value = F.col(f"`{name}`").cast("double")
    return F.when(~F.isnan(value) & (F.abs(value) < float("inf")), value)


def _class(name: str) -> SparkColumn:
    value = F.col(f"`{name}`")
    number = value.cast("double")
    is_whole_number = (F.typeof(value) != "string") & (number == F.floor(number))
    return F.when(is_whole_number, number.cast("bigint").cast("string")).otherwise(
        value.cast("string")
    )
