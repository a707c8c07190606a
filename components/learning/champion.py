"""The champion of a model: the newest registered version that its gate has let through."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from azure.ai.ml import MLClient

    from conf.model import Model
    from learning.metrics import Vector

CHAMPION = "champion"
DESCRIPTION = "model.json"


class ChampionError(RuntimeError):
    """There is no champion, or it cannot be used."""


@dataclass(frozen=True)
class Champion:
    """A registered model version and its tags."""

    name: str
    version: str
    tags: Mapping[str, str]


def find_champion(client: MLClient, name: str) -> Champion | None:
    """Find the version with the highest number whose tag says champion; None without any.

    A roll-back takes the tag off, or archives the version: the one before is champion again.
    """
    try:
        versions = [model for model in client.models.list(name) if model.version.isdigit()]
    except ResourceNotFoundError:
        return None
    champions = [model for model in versions if (model.tags or {}).get(CHAMPION) == "true"]
    if not champions:
        return None
    newest = max(champions, key=lambda model: int(model.version))
    return Champion(newest.name, newest.version, newest.tags)


def download(champion: Champion, folder: Path) -> Path:
    """Download a model version through MLflow, which reaches the registry here and in Azure."""
    import mlflow  # noqa: PLC0415 # takes seconds; not every step that asks for a champion needs it

    uri = f"models:/{champion.name}/{champion.version}"
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder)))


def score(model_folder: Path, features: pd.DataFrame) -> Vector:
    """Score rows with an MLflow model: (n,) probabilities of class 1, or predictions.

    The model's own signature picks its columns and their types, so that an older champion takes
    what it knows, however a table stores it.
    """
    import mlflow  # noqa: PLC0415 # takes seconds; not every step that asks for a champion needs it

    model = mlflow.pyfunc.load_model(str(model_folder))
    wanted = {spec.name: spec.type.name for spec in model.metadata.get_input_schema().inputs}
    missing = [name for name in wanted if name not in features.columns]
    if missing:
        raise ChampionError(f"{model_folder}: the model needs columns {missing}, which are missing")
    typed = {name: _column(features[name], kind) for name, kind in wanted.items()}
    predicted: Vector = model.predict(features[list(wanted)].assign(**typed))
    is_per_class = predicted.ndim == 2  # noqa: PLR2004 # rows and classes
    return predicted[:, 1] if is_per_class else predicted


def _column(values: pd.Series, kind: str) -> pd.Series:
    if kind == "double":
        return values.astype("float64")
    if kind != "string":
        return values
    texts = values.astype("object")
    return texts.where(texts.notna(), None)


def threshold_of(model_folder: Path, model: Model) -> float:
    """Give the threshold of a class that the model was trained with, or else conf's."""
    from mlflow.models import Model as Saved  # noqa: PLC0415 # same

    told = Saved.load(str(model_folder)).metadata or {}
    return float(told.get("threshold", model.threshold))


def content_of(model_folder: Path) -> str:
    """Fingerprint a model by its learnt parameters, not by when and where it was saved."""
    return hashlib.sha256((model_folder / "model.pkl").read_bytes()).hexdigest()[:16]


def run_id() -> str:
    """Name the pipeline run that this job is part of."""
    return os.environ.get("AZUREML_ROOT_RUN_ID") or os.environ.get("AZUREML_RUN_ID", "unknown")
