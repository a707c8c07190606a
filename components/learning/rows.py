"""Select a model's inputs and outcome from the rows of a published table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.dataset import load_dataset

if TYPE_CHECKING:
    import pandas as pd

    from conf.model import Model
    from learning.metrics import Vector


CLASSES = frozenset({0.0, 1.0})


class TrainingRowsError(ValueError):
    """A table lacks columns or outcomes that a model is trained and tested with."""


def features_of(rows: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return the model's features: numbers as float64 (null is NaN), categories as text or None.

    Raises TrainingRowsError naming the columns that are missing, or no numbers.
    """
    missing = [name for name in model.features if name not in rows.columns]
    if missing:
        raise TrainingRowsError(
            f"model {model.name!r}: the table has no columns {missing}; it has "
            f"{sorted(rows.columns)}; correct 'features' in conf/models/{model.name}.yml"
        )
    numbers = _numbers(rows, model)
    texts = rows[list(model.categorical)].astype("object")
    return numbers.join(texts.where(texts.notna(), None))


def _numbers(rows: pd.DataFrame, model: Model) -> pd.DataFrame:
    wrong = {}
    for name in model.numeric:
        try:
            rows[name].astype("float64")
        except (TypeError, ValueError):
            wrong[name] = str(rows[name].dtype)
    if wrong:
        raise TrainingRowsError(
            f"model {model.name!r}: columns {wrong} are no numbers; list them under 'categorical' "
            f"in conf/models/{model.name}.yml, or leave them out"
        )
    return rows[list(model.numeric)].astype("float64")


def label_of(model: Model) -> str:
    """Return the label of a model's dataset; raise TrainingRowsError when it states none."""
    label = load_dataset(model.dataset).label
    if label is None:
        raise TrainingRowsError(
            f"dataset {model.dataset!r} states no label to train {model.name!r} with"
        )
    return label.name


def outcome_of(rows: pd.DataFrame, model: Model) -> Vector:
    """Return the outcome (n,) as float64, 0 or 1 for a classification.

    Raises TrainingRowsError when the table has none, it is null, or a class is neither 0 nor 1.
    """
    label = label_of(model)
    if label not in rows.columns:
        raise TrainingRowsError(f"the table has no label {label!r}; it has {sorted(rows.columns)}")
    outcome: Vector = rows[label].to_numpy(dtype="float64")
    unknown = int((outcome != outcome).sum())  # noqa: PLR0124 # NaN alone differs from itself
    if unknown:
        raise TrainingRowsError(
            f"label {label!r} is unknown in {unknown} rows; split sets such rows aside"
        )
    others = sorted(set(outcome) - CLASSES)
    if model.task == "classification" and others:
        raise TrainingRowsError(
            f"label {label!r} has the values {others[:5]}; a classification learns 0 and 1: state "
            f"label.expression in conf/datasets/{model.dataset}.yml as a condition"
        )
    return outcome
