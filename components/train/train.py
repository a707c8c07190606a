"""Train one candidate of a model on a published release; log its data, metrics and plots."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema

import encoders
from assets.mltables import read_release, read_rows
from conf import faults
from conf.arguments import arguments
from conf.model import Model, load_model
from learning.column_kinds import log_idle_columns
from learning.fitting import fit_candidate, predict
from learning.plots import calibration, confusion, ranking
from learning.rows import classes_of, features_of, input_types, outcome_of
from learning.training_report import TrainingReport, measure_all, write_report

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from assets.mltables import Card
    from learning.classes import Classes
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
    classes = classes_of(rows, spec)
    features, outcome = features_of(rows, spec), outcome_of(rows, spec, classes, part="train")
    known = outcome_of(held_out, spec, classes, part="validation")
    log_idle_columns(rows, spec)
    pipeline = fit_candidate(candidate, spec, features, outcome, classes)
    scores = predict(pipeline, features_of(held_out, spec), classes)
    measured = measure_all(known, scores, spec)
    # The run is the job's own, which has the node's name until now.
    with mlflow.start_run(tags={"mlflow.runName": candidate.name}) as run:
        mlflow.log_params({"candidate": candidate.name, "estimator": candidate.estimator})
        mlflow.log_params(dict(candidate.parameters))
        log_data(cards)
        mlflow.log_metrics({f"validation_{name}": value for name, value in measured.items()})
        log_plots(known, {candidate.name: scores}, spec, classes)
        save(pipeline, features.head(EXAMPLE_ROWS), spec, classes, folder=model)
        trained = TrainingReport(
            candidate=candidate.name,
            slot=slot,
            validation=measured,
            release=cards[0].release,
            data=tuple(card.reference for card in cards),
            mlflow_run_id=run.info.run_id,
        )
    write_report(Path(report), trained)


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


def log_plots(
    outcome: Vector, scores: dict[str, Vector], model: Model, classes: Classes | None
) -> None:
    mlflow.log_figure(ranking(outcome, scores, model.task), "ranking.png")
    if classes:
        mlflow.log_figure(calibration(outcome, scores), "calibration.png")
        (score,) = scores.values()
        figure = confusion(outcome, score, classes.texts, threshold=model.threshold)
        mlflow.log_figure(figure, "confusion.png")


def signature_of(model: Model, predicted: Vector) -> ModelSignature:
    """Return the model's signature from conf: an example cannot show the type of a null column."""
    inputs = [ColSpec(kind, name) for name, kind in input_types(model).items()]
    outputs = infer_signature(model_output=predicted).outputs
    return ModelSignature(Schema(inputs), outputs)


def metadata_of(model: Model, classes: Classes | None) -> dict[str, object]:
    """Return what an endpoint must know, which has the model and no contract."""
    known: dict[str, object] = {"task": model.task, "threshold": model.threshold}
    if classes:
        known |= {"classes": list(classes.names), "positive": classes.positive}
    return known


def save(
    pipeline: Pipeline,
    example: pd.DataFrame,
    model: Model,
    classes: Classes | None,
    *,
    folder: str,
) -> None:
    """Save the model as the step's output, and log the same to the run."""
    predict_with = "predict_proba" if classes else "predict"
    brings_code = model.date or model.text
    settings = {
        "signature": signature_of(model, getattr(pipeline, predict_with)(example)),
        "input_example": example,
        "pyfunc_predict_fn": predict_with,
        "pip_requirements": requirements(),
        "metadata": metadata_of(model, classes),
        "code_paths": [str(Path(encoders.__file__).parent)] if brings_code else None,
    }
    with faults.around("model", folder):
        mlflow.sklearn.save_model(pipeline, folder, **settings)
    with faults.around("model of the run"):
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
