"""Finds the code and the model of a deployment in the registry, and stages the model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.references import asset_name
from aml_pipelines.workspace.http.fields import mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.assets import ModelAsset
    from aml_pipelines.workspace.assets.code import Sources
    from aml_pipelines.workspace.assets.registry import Registry

NO_CODE_SCORER = Path(__file__).with_name("no_code_scorer")
NO_CODE_BATCH = "batch.py"
NO_CODE_SCRIPT = "score.py"
MODEL_VARIABLE = "AZUREML_MODEL_DIR"
# Azure builds an image of the model's own conda file where a deployment names none.
MLFLOW_ENVIRONMENT = {"image": "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"}
_MODELS = "models"


def deployed_model(registry: Registry, properties: Mapping[str, object]) -> ModelAsset | None:
    """Find the model that a deployment names, if any; raises NotFoundError if it is unknown."""
    reference = _model_reference(properties)
    if not reference:
        return None
    asset = asset_name(reference)
    if not asset or not asset.version or asset.kind not in ("models", ""):
        raise RefusedError(f"model {reference!r} is not of the form …/models/NAME/versions/VERSION")
    return registry.model(asset.name, asset.version)


def deployed_code(
    sources: Sources, properties: Mapping[str, object], model: ModelAsset | None
) -> tuple[Path, str]:
    """Find a deployment's code and scoring script; an MLflow model without code has ours."""
    configured = mapping_in(properties, "codeConfiguration")
    if configured.get("codeId"):
        code = Path(sources.code(str(configured["codeId"])))
        script = str(configured.get("scoringScript"))
        if not (code / script).is_file():
            raise RefusedError(
                f"the code has no scoring script {script!r}; it has "
                f"{sorted(file.name for file in code.iterdir())}"
            )
        return code, script
    if model and model.type == "mlflow_model":
        return NO_CODE_SCORER, NO_CODE_SCRIPT
    raise RefusedError("a deployment has code, or a model of type 'mlflow_model'; this has neither")


def place_model(model: ModelAsset | None, folder: Path) -> dict[str, str]:
    """Copy `model` to where Azure has it; returns the variables that name the place.

    A link would not do: code that looks for its files walks past links, here and not there.
    """
    if not model:
        return {}
    shutil.rmtree(folder / _MODELS, ignore_errors=True)
    target = folder / _MODELS / model.name / model.version
    source = Path(model.source)
    target.mkdir(parents=True)
    if source.is_dir():
        shutil.copytree(source, target / source.name, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target / source.name)
    return {MODEL_VARIABLE: str(target)}


def model_place(properties: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Return what `place_model` does, of a deployment with these properties."""
    asset = asset_name(_model_reference(properties))
    if not asset or not asset.version:
        return {}
    return {MODEL_VARIABLE: str(folder / _MODELS / asset.name / asset.version)}


def _model_reference(properties: Mapping[str, object]) -> str:
    named = properties.get("model")
    return str(named.get("assetId") if isinstance(named, dict) else named or "")
