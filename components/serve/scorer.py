"""An MLflow model that scores rows: a score and a class for each, as the batch steps give them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd

NUMBERS = ("double", "float", "long", "integer")


class RowsError(ValueError):
    """Rows lack columns that the model needs, or hold what is no number where it wants one."""


@dataclass(frozen=True)
class Scorer:
    """A loaded model, and what its training said of it: its task, and the threshold of a class."""

    model: Any
    task: str
    threshold: float

    def score(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give `score` (float64) and `class` (Int32, null for a regression) of every row, in order.

        Raises RowsError naming the columns that are missing or hold something else.
        """
        predicted = self.model.predict(self._features(rows))
        scores = predicted[:, 1] if predicted.ndim == 2 else predicted  # noqa: PLR2004 # per class
        found = pd.DataFrame({"score": np.asarray(scores, dtype="float64")}, index=rows.index)
        found["class"] = pd.Series(pd.NA, index=found.index, dtype="Int32")
        if self.task == "classification":
            known = np.isfinite(found["score"])
            above = found["score"][known] > self.threshold
            found.loc[known, "class"] = above.astype("Int32")
        return found

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        wanted = {
            spec.name: spec.type.name for spec in self.model.metadata.get_input_schema().inputs
        }
        missing = [name for name in wanted if name not in rows.columns]
        if missing:
            raise RowsError(f"rows have no columns {missing}; the model needs {list(wanted)}")
        return pd.DataFrame({name: _column(rows[name], kind) for name, kind in wanted.items()})


def _column(values: pd.Series, kind: str) -> pd.Series:
    if kind in NUMBERS:
        try:
            return values.astype("float64")
        except (TypeError, ValueError) as error:
            raise RowsError(f"column {values.name!r} holds what is no number: {error}") from error
    texts = values.astype("object")
    return texts.where(texts.notna(), None)


def load_scorer(folder: Path) -> Scorer:
    """Load the MLflow model that is somewhere below `folder`, as deployments lay it out.

    Raises FileNotFoundError when there is none, or more than one.
    """
    walked = os.walk(folder, followlinks=True)  # a model may be linked to where it is registered
    found = [Path(root, "MLmodel") for root, _, names in walked if "MLmodel" in names]
    if len(found) != 1:
        raise FileNotFoundError(
            f"{folder} holds {len(found)} files named MLmodel; it must hold one"
        )
    model = mlflow.pyfunc.load_model(str(found[0].parent))
    about = model.metadata.metadata or {}
    return Scorer(model, about.get("task", "regression"), float(about.get("threshold", 0.5)))
