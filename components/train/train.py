"""Train one candidate of a model on a published release; log its data, metrics and plots."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema

from assets.mltables import read_release, read_rows
from conf.arguments import arguments
from conf.model import TASKS, Model, load_model
from learning.estimators import build_pipeline
from learning.metrics import measure
from learning.plots import calibration, ranking
from learning.rows import features_of, outcome_of
from learning.training_report import TrainingReport, write_report

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from assets.mltables import Card
    from learning.metrics import Vector

PACKAGES = ("scikit-learn", "xgboost", "xgboost-cpu", "numpy", "pandas", "cloudpickle")
EXAMPLE_ROWS = 5


def main(
    *, model_name: str, slot: int, train: str, validation: str, model: str, report: str
) -> None:
    spec = load_model(model_name)
    candidate = spec.candidate(slot)
    cards = read_release([train, validation])
    rows, held_out = read_rows(train), read_rows(validation)
    outcome = outcome_of(held_out, spec)
    pipeline = build_pipeline(candidate, spec)
    pipeline.fit(features_of(rows, spec), outcome_of(rows, spec))
    scores = predict(pipeline, features_of(held_out, spec), spec)
    measured = {m: measure(m, outcome, scores) for m in TASKS[spec.task]}
    # The run is the job's own, which has the node's name until now.
    with mlflow.start_run(tags={"mlflow.runName": candidate.name}) as run:
        mlflow.log_params({"candidate": candidate.name, "estimator": candidate.estimator})
        mlflow.log_params(dict(candidate.parameters))
        log_data(cards)
        mlflow.log_metrics({f"validation_{name}": value for name, value in measured.items()})
        log_plots(outcome, {candidate.name: scores}, spec)
        save(pipeline, features_of(rows.head(EXAMPLE_ROWS), spec), spec, folder=model)
        trained = TrainingReport(
            candidate=candidate.name,
            slot=slot,
            validation=measured,
            release=cards[0].release,
            data=tuple(card.reference for card in cards),
            mlflow_run_id=run.info.run_id,
        )
    write_report(Path(report), trained)


def predict(pipeline: Pipeline, features: pd.DataFrame, model: Model) -> Vector:
    is_classification = model.task == "classification"
    scores: Vector = (
        pipeline.predict_proba(features)[:, 1] if is_classification else pipeline.predict(features)
    )
    return scores


def log_data(cards: list[Card]) -> None:
    """Log the version, path and row count of each data asset that the candidate learns from."""
    for split, card in zip(("train", "validation"), cards, strict=True):
        mlflow.set_tags(
            {
                f"data.{split}.asset": card.reference,
                f"data.{split}.path": card.table_uri,
                f"data.{split}.table_version": str(card.table_version),
            }
        )
        mlflow.log_param(f"{split}_rows", card.rows)
    mlflow.set_tag("data.release", cards[0].release)


def log_plots(outcome: Vector, scores: dict[str, Vector], model: Model) -> None:
    mlflow.log_figure(ranking(outcome, scores, model.task), "ranking.png")
    if model.task == "classification":
        mlflow.log_figure(calibration(outcome, scores), "calibration.png")


def signature_of(model: Model, predicted: Vector) -> ModelSignature:
    """Return the model's signature from conf: an example cannot show the type of a null column."""
    numbers = [ColSpec("double", name) for name in model.numeric]
    texts = [ColSpec("string", name) for name in model.categorical]
    outputs = infer_signature(model_output=predicted).outputs
    return ModelSignature(Schema([*numbers, *texts]), outputs)


def save(pipeline: Pipeline, example: pd.DataFrame, model: Model, *, folder: str) -> None:
    """Save the model as the step's output, and log the same to the run."""
    predict_with = "predict_proba" if model.task == "classification" else "predict"
    settings = {
        "signature": signature_of(model, getattr(pipeline, predict_with)(example)),
        "input_example": example,
        "pyfunc_predict_fn": predict_with,
        "pip_requirements": requirements(),
        # what an endpoint must know, which has the model and no contract
        "metadata": {"task": model.task, "threshold": model.threshold},
    }
    mlflow.sklearn.save_model(pipeline, folder, **settings)
    mlflow.sklearn.log_model(pipeline, artifact_path="model", **settings)


def requirements() -> list[str]:
    """Pin the packages that unpickle the model; mlflow's own search for them is slow."""
    pins = [f"mlflow=={mlflow.__version__}"]
    for package in PACKAGES:
        try:
            pins.append(f"{package}=={version(package)}")
        except PackageNotFoundError:
            continue
    return pins


if __name__ == "__main__":
    main(**vars(arguments(main).parse_args()))
