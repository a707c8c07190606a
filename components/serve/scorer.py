"""Score rows with an MLflow model: the same code for batch steps, files and requests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd

# MLflow's names of numbers; it refuses a column of a wider type, and of int64 where double is due.
NUMBERS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32"}
INTEGERS = ("long", "integer")


class RowsError(ValueError):
    """Rows lack columns that the model needs, or hold what is no number where it wants one."""


@dataclass(frozen=True)
class Scorer:
    """A loaded model with its task, and the score above which a row is of class 1."""

    model: Any
    task: str
    threshold: float

    def score(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `score` (float64) and `class` (Int32, null in a regression) of every row.

        The rows keep their order and index. The model's own signature picks its columns and their
        types, so that an older champion takes what it knows, however a table stores it. Raises
        RowsError naming the columns that are missing or hold something else.
        """
        predicted = self.model.predict(self._features(rows))
        scores = predicted[:, 1] if predicted.ndim == 2 else predicted  # noqa: PLR2004 # per class
        scored = pd.DataFrame({"score": np.asarray(scores, dtype="float64")}, index=rows.index)
        scored["class"] = pd.Series(pd.NA, index=scored.index, dtype="Int32")
        if self.task == "classification":
            is_number = np.isfinite(scored["score"])
            above = scored["score"][is_number] > self.threshold
            scored.loc[is_number, "class"] = above.astype("Int32")
        return scored

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        types = {
            spec.name: spec.type.name for spec in self.model.metadata.get_input_schema().inputs
        }
        missing = [name for name in types if name not in rows.columns]
        if missing:
            raise RowsError(f"rows have no columns {missing}; the model needs {list(types)}")
        return pd.DataFrame({name: _typed(rows[name], kind) for name, kind in types.items()})


def _typed(values: pd.Series, kind: str) -> pd.Series:
    """Cast a column to MLflow's type `kind`; what is neither number nor text stays as it is."""
    if kind in NUMBERS:
        return _numbers(values, kind)
    if kind != "string":
        return values
    texts = values.astype("object")
    return texts.where(texts.notna(), None)


def _numbers(values: pd.Series, kind: str) -> pd.Series:
    try:
        numbers = values.astype(NUMBERS[kind])
        # pandas would cut 1.5 to 1, and wrap a number that is too large.
        is_changed = kind in INTEGERS and bool((values.astype("float64") != numbers).any())
    except (TypeError, ValueError) as error:
        raise RowsError(f"column {values.name!r} holds what is no number: {error}") from error
    if is_changed:
        raise RowsError(f"column {values.name!r} holds what is no {kind}; the model needs one")
    return numbers


def load_scorer(folder: Path, *, task: str = "regression", threshold: float = 0.5) -> Scorer:
    """Load the MLflow model that is somewhere below `folder`, as deployments lay it out.

    `task` and `threshold` are for a model whose metadata does not state them, as train.py's does.
    Raises FileNotFoundError when there is no model, or more than one.
    """
    walked = os.walk(folder, followlinks=True)  # a model may be linked to where it is registered
    models = [Path(root) for root, _, names in walked if "MLmodel" in names]
    if len(models) != 1:
        raise FileNotFoundError(
            f"{folder} holds {len(models)} files named MLmodel; it must hold one"
        )
    model = mlflow.pyfunc.load_model(str(models[0]))
    metadata = model.metadata.metadata or {}
    return Scorer(model, metadata.get("task", task), float(metadata.get("threshold", threshold)))
