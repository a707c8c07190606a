"""Select a model's inputs and outcome from the rows of a published table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from conf.dataset import load_dataset
from conf.model import KINDS
from learning.classes import Classes, learn_classes
from learning.column_kinds import TrainingRowsError, refuse_other_kinds
from raw_columns import typed

if TYPE_CHECKING:
    from conf.model import Model
    from conf.model_classes import ClassName
    from learning.metrics import Vector


# MLflow's type of the columns of each kind.
INPUT_TYPES = {
    "numeric": "double",
    "categorical": "string",
    "boolean": "double",
    "date": "datetime",
    "text": "string",
}


def features_of(rows: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return the model's features, typed as its signature says.

    Numbers and truth values are float64 (null is NaN), categories and texts str or None, dates
    datetime64[ns] in UTC (null is NaT). Raises TrainingRowsError naming the columns that are
    missing, or are of another kind.
    """
    missing = [name for name in model.features if name not in rows.columns]
    if missing:
        raise TrainingRowsError(
            f"model {model.name!r}: the table has no columns {missing}; it has "
            f"{sorted(rows.columns)}; correct 'features' in conf/models/{model.name}.yml"
        )
    refuse_other_kinds(rows, model)
    types = input_types(model)
    return pd.DataFrame({name: typed(rows[name], kind) for name, kind in types.items()})


def input_types(model: Model) -> dict[str, str]:
    """Map each feature to MLflow's name of its type, in the order of the model's inputs."""
    return {name: INPUT_TYPES[kind] for kind in KINDS for name in getattr(model, kind)}


def label_of(model: Model) -> str:
    """Return the label of a model's dataset; raise TrainingRowsError when it states none."""
    label = load_dataset(model.dataset).label
    if label is None:
        raise TrainingRowsError(
            f"dataset {model.dataset!r} states no label to train {model.name!r} with"
        )
    return label.name


def classes_of(rows: pd.DataFrame, model: Model) -> Classes | None:
    """Learn the classes from the rows of train; None for a regression.

    Raises TrainingRowsError or ClassesError where the label has none that can be learnt.
    """
    if model.task == "regression":
        return None
    return learn_classes(_labels(rows, model), model, label=label_of(model))


def outcome_of(rows: pd.DataFrame, model: Model, classes: Classes | None, *, part: str) -> Vector:
    """Return the outcome (n,) of the rows of a `part`: codes of classes, or numbers.

    Raises TrainingRowsError when the table has none, it is null, or of the wrong type, and
    ClassesError for a class that is none of `classes`.
    """
    if classes is not None:
        return classes.codes(_labels(rows, model), label=label_of(model), part=part)
    known = _known(rows, model)
    try:
        outcome: Vector = known.to_numpy(dtype="float64")
    except (TypeError, ValueError) as error:
        raise TrainingRowsError(
            f"label {known.name!r} holds what is no number, such as {known.iloc[0]!r}; a "
            f"regression learns numbers: 'task' in conf/models/{model.name}.yml is classification"
        ) from error
    return outcome


def _labels(rows: pd.DataFrame, model: Model) -> list[ClassName]:
    """Return the labels as texts or whole numbers; a truth value is 0 or 1."""
    known = _known(rows, model)
    distinct = {value: _label(value) for value in known.unique()}
    others = [value for value, label in distinct.items() if label is None]
    if others:
        raise TrainingRowsError(
            f"label {known.name!r} has the values {others[:5]}; a classification learns texts or "
            f"whole numbers: state label.expression in conf/datasets/{model.dataset}.yml as a "
            f"condition, or 'task' in conf/models/{model.name}.yml as regression"
        )
    return [label for value in known if (label := distinct[value]) is not None]


def _label(value: object) -> ClassName | None:
    if isinstance(value, str):
        return value
    number = float(value) if isinstance(value, bool | int | float | np.number | np.bool_) else None
    return int(number) if number is not None and number.is_integer() else None


def _known(rows: pd.DataFrame, model: Model) -> pd.Series:
    label = label_of(model)
    if label not in rows.columns:
        raise TrainingRowsError(f"the table has no label {label!r}; it has {sorted(rows.columns)}")
    unknown = int(rows[label].isna().sum())
    if unknown:
        raise TrainingRowsError(
            f"label {label!r} is unknown in {unknown} rows; split sets such rows aside"
        )
    return rows[label]
