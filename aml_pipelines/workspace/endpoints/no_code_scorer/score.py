"""Score with an MLflow model that came without code, taking what Azure's no-code scorer takes."""

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
    (found,) = Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/MLmodel")
    MODELS[:] = [mlflow.pyfunc.load_model(str(found.parent))]


def run(raw: str) -> list[Any]:
    """Predict for `{"input_data": {"columns": […], "data": [[…], …]}}`, or for a list of rows."""
    asked = json.loads(raw).get("input_data")
    if isinstance(asked, dict):
        rows = pd.DataFrame(asked["data"], columns=asked["columns"], index=asked.get("index"))
    elif isinstance(asked, list):
        rows = pd.DataFrame(asked)
    else:
        raise TypeError("the request is not of the form {'input_data': {'columns', 'data'}}")
    predicted = MODELS[0].predict(rows)
    listed = predicted.to_numpy() if hasattr(predicted, "to_numpy") else predicted
    found: list[Any] = listed.tolist() if hasattr(listed, "tolist") else list(listed)
    return found
