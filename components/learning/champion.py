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

    from azure.ai.ml import MLClient

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

    @property
    def title(self) -> str:
        return f"{self.name} v{self.version}"


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


def find_version(client: MLClient, name: str, version: str) -> Champion:
    """Find a registered version, champion or not; raises ChampionError where there is none."""
    try:
        model = client.models.get(name, version)
    except ResourceNotFoundError as error:
        raise ChampionError(f"model {name!r} has no version {version!r}") from error
    return Champion(str(model.name), str(model.version), model.tags or {})


def download(champion: Champion, folder: Path) -> Path:
    """Download a model version through MLflow, which reaches the registry here and in Azure."""
    import mlflow  # noqa: PLC0415 # takes seconds; not every step that asks for a champion needs it

    uri = f"models:/{champion.name}/{champion.version}"
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder)))


def content_of(model_folder: Path) -> str:
    """Fingerprint a model by its learnt parameters, not by when and where it was saved."""
    return hashlib.sha256((model_folder / "model.pkl").read_bytes()).hexdigest()[:16]


def run_id() -> str:
    """Return the id of the pipeline run that this job is part of."""
    return os.environ.get("AZUREML_ROOT_RUN_ID") or os.environ.get("AZUREML_RUN_ID", "unknown")
