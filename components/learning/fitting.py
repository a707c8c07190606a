"""Fit a candidate to the rows of train, each with the weight of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.utils.validation import has_fit_parameter

from learning.classes import Classes, class_weights
from learning.estimators import EstimatorError, build_pipeline

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from conf.model import Candidate, Model
    from learning.metrics import Vector


def fit_candidate(
    candidate: Candidate,
    model: Model,
    features: pd.DataFrame,
    outcome: Vector,
    classes: Classes | None,
) -> Pipeline:
    """Return the fitted pipeline of a candidate.

    Raises EstimatorError for an estimator that is unknown, takes no weights where some are stated,
    or cannot learn from these rows, and ClassesError for weights of no class.
    """
    pipeline = build_pipeline(candidate, model, rows=len(features))
    name, estimator = pipeline.steps[-1]
    weights = class_weights(outcome, classes, model) if classes else None
    if weights is not None and not has_fit_parameter(estimator, "sample_weight"):
        raise EstimatorError(
            f"candidate {candidate.name!r}: {candidate.estimator} takes no weights of rows, and "
            f"class_weights asks for them; take it out of conf/models/{model.name}.yml, or another "
            "estimator"
        )
    settings = {} if weights is None else {f"{name}__sample_weight": weights}
    try:
        return pipeline.fit(features, outcome, **settings)
    except ValueError as error:
        raise EstimatorError(
            f"candidate {candidate.name!r}: {candidate.estimator} cannot learn from the "
            f"{len(features)} rows of train: {error}"
        ) from error


def predict(pipeline: Pipeline, features: pd.DataFrame, classes: Classes | None) -> Vector:
    """Return predictions (n,), probabilities of the positive class (n,), or of each (n, k)."""
    if classes is None:
        predictions: Vector = pipeline.predict(features)
        return predictions
    probabilities: Vector = pipeline.predict_proba(features)
    return probabilities if classes.positive is None else probabilities[:, 1]
