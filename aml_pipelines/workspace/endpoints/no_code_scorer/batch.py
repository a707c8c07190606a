"""Scores files with an MLflow model that has no code of its own, as Azure's batch endpoints do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd

MODELS: list[Any] = []  # one, from init to the end of the process
READERS = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".pqt": pd.read_parquet,
    ".json": pd.read_json,
    ".jsonl": pd.read_json,
}


def init() -> None:
    """Load the one MLflow model below the folder of models."""
    (model_file,) = Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/MLmodel")
    MODELS[:] = [mlflow.pyfunc.load_model(str(model_file.parent))]


def run(mini_batch: list[str]) -> pd.DataFrame:
    """Predict for each row of the files; returns the row's number, the prediction, the file."""
    return pd.concat([_scored(Path(file)) for file in mini_batch])


def _scored(file: Path) -> pd.DataFrame:
    if file.suffix not in READERS:
        raise TypeError(f"{file.name} is none of {sorted(READERS)}; give the deployment code")
    lines = {"lines": True} if file.suffix == ".jsonl" else {}
    rows = READERS[file.suffix](file, **lines)
    predicted = MODELS[0].predict(rows)
    return pd.DataFrame({"row": range(len(rows)), "prediction": list(predicted), "file": file.name})
