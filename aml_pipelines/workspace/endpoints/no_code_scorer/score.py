"""Scores with an MLflow model that has no code of its own, as Azure's no-code scorer does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd

MODELS: list[Any] = []  # one, from init to the end of the process


def init() -> None:
    """Load the one MLflow model below the folder of models."""
    (model_file,) = Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/MLmodel")
    MODELS[:] = [mlflow.pyfunc.load_model(str(model_file.parent))]


def run(raw: str) -> list[Any]:
    """Predict for `{"input_data": {"columns": […], "data": [[…], …]}}`, or for a list of rows."""
    data = json.loads(raw).get("input_data")
    if isinstance(data, dict):
        rows = pd.DataFrame(data["data"], columns=data["columns"], index=data.get("index"))
    elif isinstance(data, list):
        rows = pd.DataFrame(data)
    else:
        raise TypeError("the request is not of the form {'input_data': {'columns', 'data'}}")
    predicted = MODELS[0].predict(rows)
    rows_out = predicted.to_numpy() if hasattr(predicted, "to_numpy") else predicted
    answer: list[Any] = rows_out.tolist() if hasattr(rows_out, "tolist") else list(rows_out)
    return answer
