"""Build the scikit-learn pipeline of a candidate from its public name and its model's features."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING

from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags

from conf.model import PACKAGES
from learning.inputs import raw_inputs, scaled_inputs

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from conf.model import Candidate, Model

RARE = 50  # rows below which a category is folded into "infrequent"
RARE_SHARE = 0.01  # the same, of a table so small that this is fewer rows


class EstimatorError(ValueError):
    """A candidate names no estimator, or parameters that it does not take."""


def build_pipeline(candidate: Candidate, model: Model, *, rows: int) -> Pipeline:
    """Join preprocessing and estimator, for so many rows of train.

    An estimator that takes missing values, as trees do, gets raw numbers and codes of categories;
    any other one gets numbers that are filled and scaled, and one column for each category. Raises
    EstimatorError when the estimator is unknown, refuses its parameters or is of another task.
    """
    estimator = build_estimator(candidate, seed=model.seed)
    _refuse_other_task(estimator, candidate, model)
    is_linear = type(estimator).__module__.startswith("sklearn.linear_model")
    if is_linear or not get_tags(estimator).input_tags.allow_nan:
        sparse = get_tags(estimator).input_tags.sparse
        inputs = scaled_inputs(model, rare=rare_below(rows), sparse=sparse)
    else:
        inputs = raw_inputs(model)
    return make_pipeline(inputs, estimator)


def rare_below(rows: int) -> int:
    """Return the number of rows below which a category is rare, in a table of `rows`."""
    return max(1, min(RARE, math.floor(rows * RARE_SHARE)))


def build_estimator(candidate: Candidate, *, seed: int) -> BaseEstimator:
    module, _, name = candidate.estimator.rpartition(".")
    if module.split(".")[0] not in PACKAGES:
        raise EstimatorError(
            f"candidate {candidate.name!r}: estimator {candidate.estimator!r} is not of {PACKAGES}"
        )
    try:
        kind = getattr(import_module(module), name)
        estimator: BaseEstimator = kind(**candidate.parameters)
    except (ImportError, AttributeError, TypeError) as error:
        raise EstimatorError(
            f"candidate {candidate.name!r}: estimator {candidate.estimator!r} with "
            f"{dict(candidate.parameters)}: {error}"
        ) from error
    defaults = estimator.get_params()
    unknown = sorted(set(candidate.parameters) - set(defaults))
    if unknown:
        raise EstimatorError(f"candidate {candidate.name!r}: {name} takes no {unknown}")
    return estimator.set_params(random_state=seed) if "random_state" in defaults else estimator


def _refuse_other_task(estimator: BaseEstimator, candidate: Candidate, model: Model) -> None:
    if model.task == "classification":
        wrong = None if hasattr(estimator, "predict_proba") else "gives no probabilities of classes"
    else:
        wrong = None if is_regressor(estimator) else "is no regressor"
    if wrong:
        raise EstimatorError(
            f"candidate {candidate.name!r}: {candidate.estimator} {wrong}; task is {model.task!r}"
        )
