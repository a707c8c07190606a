"""Scores files with an MLflow model that has no code of its own, as Azure's batch endpoints do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd

MODELS: list[Any] = []  # one, from init to the end of the process
READERS = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".pqt": pd.read_parquet}


def init() -> None:
    """Load the one MLflow model below the folder of models."""
    (model_file,) = Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/MLmodel")
    MODELS[:] = [mlflow.pyfunc.load_model(str(model_file.parent))]


def run(mini_batch: list[str]) -> list[list[Any]]:
    """Predict for each row of the files; returns the name of its file and the prediction."""
    return [line for file in mini_batch for line in _scored(Path(file))]


def _scored(file: Path) -> list[list[Any]]:
    if file.suffix not in READERS:
        raise TypeError(f"file type {file.suffix!r} is not supported; {sorted(READERS)} are")
    predicted = MODELS[0].predict(READERS[file.suffix](file))
    values = predicted.to_numpy() if hasattr(predicted, "to_numpy") else predicted
    plain = values.tolist() if hasattr(values, "tolist") else values
    return [[file.name, value] for value in plain]
