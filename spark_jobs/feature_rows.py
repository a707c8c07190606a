"""The features of rows: columns of a dataset, or what a module of feature_sets builds of them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from pyspark.sql import functions as F
from pyspark.sql import types as T

from conf.column_type import DECIMAL, kind_of
from conf.columns import FEATURE_LINEAGE
from spark_jobs.feature_sets import DailyFeatureSet
from spark_jobs.row_changes import with_row_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from conf.dataset import Dataset
    from conf.dataset_column import Column
    from conf.dataset_learning import Label
    from spark_jobs.feature_sets import FeatureSet

FEATURE_SETS = "spark_jobs.feature_sets"
# What a label's expression yields, and as what the label is kept; the first that fits.
LABEL_TYPES: Mapping[type[T.DataType], str] = {
    T.StringType: "string",
    T.IntegralType: "long",
    T.NumericType: "double",
    T.BooleanType: "double",
    T.NullType: "double",
}


class FeatureSetError(ValueError):
    """A dataset lacks what its feature set needs."""


def feature_rows(tables: Mapping[str, DataFrame], contract: Dataset) -> DataFrame:
    """Return the features of a dataset with its label and lineage.

    A dataset with joins has a module of its name in feature_sets; of any other, every column that
    its label is not computed from is a feature, a decimal as a double. A label is a text, a whole
    number or a double; a truth value is 1.0 or 0.0. Raises FeatureSetError for a feature set
    without a label, and for a label of another type.
    """
    valid = tables[contract.name]
    label = contract.label.name if contract.label else None
    if contract.label:
        valid = _with_label(valid, contract.label)
    kept = [*FEATURE_LINEAGE, *([label] if label else [])]
    feature_set = feature_set_of(contract)
    if feature_set:
        if label is None:
            raise FeatureSetError(
                f"dataset {contract.name!r} has a feature set and no label; state 'label' in "
                f"conf/datasets/{contract.name}.yml"
            )
        rows = feature_set.build({**tables, contract.name: valid}, label=label, kept=kept)
    else:
        features = [c for c in contract.columns if c.name not in contract.label_columns]
        rows = valid.select(*(_feature(column) for column in features), *kept)
    return with_row_hash(rows, rows.columns)


def _feature(column: Column) -> SparkColumn:
    """Return a column as a feature: readers of published tables have no decimals."""
    value = F.col(column.name)
    is_decimal = kind_of(column.type) == DECIMAL
    return value.cast("double").alias(column.name) if is_decimal else value


def _with_label(valid: DataFrame, label: Label) -> DataFrame:
    labelled = valid.withColumn(label.name, F.expr(label.expression))
    found = labelled.schema[label.name].dataType
    kept = next((name for kind, name in LABEL_TYPES.items() if isinstance(found, kind)), None)
    if kept is None:
        raise FeatureSetError(
            f"label {label.name!r} ({label.expression}) is a {found.simpleString()}; it is a text, "
            "a number or a condition"
        )
    return labelled.withColumn(label.name, F.col(f"`{label.name}`").cast(kept))


def feature_set_of(contract: Dataset) -> FeatureSet | None:
    name = f"{FEATURE_SETS}.{contract.name}"
    return cast("FeatureSet", import_module(name)) if find_spec(name) else None


def daily_feature_set(contract: Dataset) -> DailyFeatureSet | None:
    """Return a dataset's feature set if it is one that states the day of each row."""
    feature_set = feature_set_of(contract)
    return feature_set if isinstance(feature_set, DailyFeatureSet) else None


def day_column(features: DataFrame, contract: Dataset) -> str | None:
    """Return the column of features with a row's day or moment; None where it states none."""
    daily = daily_feature_set(contract)
    stated = daily.DAY if daily else contract.event_time
    return stated if stated in features.columns else None
