"""Scores as columns of Spark: the same as components/serve/scorer.py makes of the same model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import CLASS, PROBABILITIES, SCORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.model_classes import ClassName

ZERO_AND_ONE = (0, 1)
CASTS = {"datetime": "timestamp", "integer": "int", "long": "bigint"}
# Those of components/serve/raw_columns.py, which is in no snapshot of a Spark step; a test holds
# the two equal.
FIRST_DAY, LAST_DAY = "1677-09-22", "2262-04-11"


@dataclass(frozen=True)
class Prediction:
    """What a model predicts: its task, and the classes that its probabilities are of, in order."""

    task: str
    threshold: float
    classes: tuple[ClassName, ...] = ZERO_AND_ONE
    positive: ClassName | None = 1

    @property
    def spark_type(self) -> str:
        return "array<double>" if self.task == "classification" else "double"


def model_inputs(rows: DataFrame, types: Mapping[str, str]) -> list[SparkColumn]:
    """Return the columns that a model takes, cast to MLflow's types."""
    stored = {field.name: field.dataType.simpleString() for field in rows.schema}
    return [
        _cast(F.col(f"`{name}`"), kind, stored.get(name, "")).alias(name)
        for name, kind in types.items()
    ]


def score_columns(predicted: SparkColumn, prediction: Prediction) -> list[SparkColumn]:
    """Return the columns score, class and, unless the classes are 0 and 1, probabilities.

    A model predicts a number, or an array with the probability of each class. A row that has no
    number for a score has no class.
    """
    if prediction.task != "classification":
        return [predicted.alias(SCORE), F.lit(None).cast("int").alias(CLASS)]
    names, positive = list(prediction.classes), prediction.positive
    if positive is None:
        score = F.array_max(predicted)
        # F.array_position takes no column for a value.
        place = F.call_function("array_position", predicted, score)
        chosen = F.element_at(_array(names), place.cast("int"))
    else:
        score = predicted[names.index(positive)]
        other = next(name for name in names if name != positive)
        chosen = F.when(score > prediction.threshold, F.lit(positive)).otherwise(F.lit(other))
    kind = "int" if all(isinstance(name, int) for name in names) else "string"
    has_score = score.isNotNull() & ~F.isnan(score)
    columns = [score.alias(SCORE), F.when(has_score, chosen).cast(kind).alias(CLASS)]
    if prediction.classes == ZERO_AND_ONE:
        return columns
    told = F.map_from_arrays(_array([str(name) for name in names]), predicted)
    return [*columns, F.when(has_score, told).alias(PROBABILITIES)]


def _array(names: list[ClassName] | list[str]) -> SparkColumn:
    return F.array(*(F.lit(name) for name in names))


def _cast(column: SparkColumn, kind: str, stored: str) -> SparkColumn:
    if kind == "datetime":
        first, last = (F.lit(day).cast("timestamp") for day in (FIRST_DAY, LAST_DAY))
        moment = column.cast("timestamp")
        return F.when(moment < first, first).when(moment > last, last).otherwise(moment)
    if kind == "string" and stored in {"double", "float"}:  # 7, not 7.0, as among whole numbers
        is_whole = column == F.floor(column)
        return F.when(is_whole, column.cast("bigint").cast("string")).otherwise(
            column.cast("string")
        )
    return column.cast(CASTS.get(kind, kind))
