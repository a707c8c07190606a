"""Models that a deployment can load: versions of `late`, each telling its own score of any row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
from sklearn.dummy import DummyRegressor

from aml_pipelines.azure.client import workspace_client
from conf.target_file import load_target

if TYPE_CHECKING:
    from pathlib import Path

    from azure.ai.ml import MLClient

    from tests.integration.azure_verbs import Typed

ROWS = pd.DataFrame({"distance": [1.0, 2.0]})


def client_of(typed: Typed) -> MLClient:
    return workspace_client(load_target(str(typed.target)))


def register(typed: Typed, folder: Path, score: float, *, champion: bool = True) -> None:
    """Register a version of `late` that gives every row the same score."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415 # it warns on import, by itself

    files = folder / f"scores_{score:.0f}"
    if not files.exists():
        model = DummyRegressor(strategy="constant", constant=score).fit(ROWS, [0.0, 1.0])
        signature = mlflow.models.infer_signature(ROWS, model.predict(ROWS))
        mlflow.sklearn.save_model(model, files, signature=signature, pip_requirements=[])
    client_of(typed).models.create_or_update(
        Model(
            name="late",
            type="mlflow_model",
            path=files,
            tags={"champion": "true" if champion else "false"},
        )
    )


def rows_file(folder: Path, **columns: float) -> Path:
    """Write a request of one row."""
    file = folder / "rows.json"
    file.write_text(json.dumps({"rows": [columns]}))
    return file


def traffic_of(typed: Typed) -> dict[str, int]:
    return dict(client_of(typed).online_endpoints.get("trips-online").traffic)


def releases_of(typed: Typed) -> dict[str, str]:
    """Return the release of every version of `late` that carries one."""
    versions = client_of(typed).models.list("late")
    tags = {str(model.version): dict(model.tags or {}) for model in versions}
    return {version: found["release"] for version, found in tags.items() if "release" in found}
