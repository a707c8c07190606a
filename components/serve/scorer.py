"""Score rows with an MLflow model: the same code for batch steps, files and requests."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from raw_columns import RowsError, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    ClassName = str | int
    Table = NDArray[np.float64]

ZERO_AND_ONE: tuple[ClassName, ...] = (0, 1)
CLASS_PER_COLUMN = 2  # dimensions of what predict_proba returns


@dataclass(frozen=True)
class Scorer:
    """A loaded model with its task, and what its probabilities are of.

    `classes` has the name of each column of probabilities, in their order. Of two, `positive` is
    predicted where its probability is above `threshold`; without a positive one, the most probable
    class is predicted.
    """

    model: Any
    task: str
    threshold: float
    classes: tuple[ClassName, ...] = ZERO_AND_ONE
    positive: ClassName | None = 1

    def score(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `score` (float64) and `class` of every row, and `probabilities` where they differ.

        A score is the probability of the positive class, or of the predicted one; a class is Int32,
        or a text where classes are, and null in a regression. `probabilities` maps each class to
        its own, and is there unless the classes are 0 and 1. The rows keep their order and index.
        The model's own signature picks its columns and their types, so that an older champion takes
        what it knows, however a table stores it. Raises RowsError naming the columns that are
        missing or hold something else.
        """
        if self.task != "classification":
            return _uncategorised(self._predict(rows), rows.index)
        return self._describe(self.probabilities(rows), rows.index)

    def score_none(self) -> pd.DataFrame:
        """Return the scores of no rows, with the columns and types that scores have."""
        none = pd.RangeIndex(0)
        if self.task != "classification":
            return _uncategorised(np.empty(0), none)
        return self._describe(np.empty((0, len(self.classes))), none)

    def probabilities(self, rows: pd.DataFrame) -> Table:
        """Return the probability (n, k) of each of the k classes."""
        predicted = self._predict(rows)
        is_one = predicted.ndim < CLASS_PER_COLUMN  # of class 1
        return np.column_stack([1 - predicted, predicted]) if is_one else predicted

    def _predict(self, rows: pd.DataFrame) -> Table:
        return np.asarray(self.model.predict(self._features(rows)), dtype="float64")

    def _describe(self, probabilities: Table, index: pd.Index) -> pd.DataFrame:
        scores, places = self._choose(probabilities)
        scored = pd.DataFrame({"score": scores}, index=index)
        has_score = np.isfinite(scores)
        kind = "Int32" if all(isinstance(name, int) for name in self.classes) else "string"
        names = [self.classes[p] if ok else pd.NA for p, ok in zip(places, has_score, strict=True)]
        scored["class"] = pd.Series(names, index=index, dtype=kind)
        if self.classes != ZERO_AND_ONE:
            maps = [dict(zip(map(str, self.classes), row, strict=True)) for row in probabilities]
            told = [each if ok else None for each, ok in zip(maps, has_score, strict=True)]
            scored["probabilities"] = pd.Series(told, index=index, dtype="object")
        return scored

    def _choose(self, probabilities: Table) -> tuple[Table, list[int]]:
        """Return the score of each row, and the place of its class among the classes."""
        if self.positive is None:
            most_probable = probabilities.argmax(axis=1)
            return probabilities.max(axis=1, initial=-np.inf), most_probable.tolist()
        place = self.classes.index(self.positive)
        scores = probabilities[:, place]
        return scores, [place if above else 1 - place for above in scores > self.threshold]

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        types = {
            spec.name: spec.type.name for spec in self.model.metadata.get_input_schema().inputs
        }
        missing = [name for name in types if name not in rows.columns]
        if missing:
            raise RowsError(f"rows have no columns {missing}; the model needs {list(types)}")
        return pd.DataFrame({name: typed(rows[name], kind) for name, kind in types.items()})


def _uncategorised(predicted: Table, index: pd.Index) -> pd.DataFrame:
    """Return predictions (n,) or (n, 1) as scores without a class."""
    scored = pd.DataFrame({"score": predicted.reshape(len(index))}, index=index)
    scored["class"] = pd.Series(pd.NA, index=index, dtype="Int32")
    return scored


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
    with _own_code(models[0]):
        model = mlflow.pyfunc.load_model(str(models[0]))
    stated = model.metadata.metadata or {}
    classes = tuple(stated.get("classes") or ZERO_AND_ONE)
    return Scorer(
        model,
        stated.get("task", task),
        float(stated.get("threshold", threshold)),
        classes,
        stated.get("positive") if "classes" in stated else 1,
    )


@contextmanager
def _own_code(model: Path) -> Iterator[None]:
    """Forget the modules that a model brings, once it is loaded: another brings its own version."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(model):
                del sys.modules[name]


def write_parquet(scored: pd.DataFrame, file: Path) -> None:
    """Write scores; in the file, `probabilities` is a map of texts to numbers."""
    plain = scored.drop(columns="probabilities", errors="ignore")
    table = pa.Table.from_pandas(plain, preserve_index=False)
    if "probabilities" in scored.columns:
        pairs = [None if each is None else list(each.items()) for each in scored["probabilities"]]
        column = pa.array(pairs, type=pa.map_(pa.string(), pa.float64()))
        table = table.append_column("probabilities", column)
    pq.write_table(table, file)
