"""Build the scikit-learn pipeline of a candidate from its public name and its model's features."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from conf.model import PACKAGES

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from conf.model import Candidate, Model

RARE = 50  # rows below which a category is folded into "infrequent"


class EstimatorError(ValueError):
    """A candidate names no estimator, or parameters that it does not take."""


def build_pipeline(candidate: Candidate, model: Model) -> Pipeline:
    """Join preprocessing and estimator; linear ones get scaled and one-hot inputs, trees raw ones.

    Raises EstimatorError when the estimator is unknown or refuses its parameters.
    """
    estimator = build_estimator(candidate, seed=model.seed)
    is_linear = type(estimator).__module__.startswith("sklearn.linear_model")
    return make_pipeline(_linear_inputs(model) if is_linear else _tree_inputs(model), estimator)


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


def _linear_inputs(model: Model) -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    return _inputs(model, numbers, categories)


def _tree_inputs(model: Model) -> ColumnTransformer:
    # Missing is None, which the encoder takes for one more category.
    categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return _inputs(model, "passthrough", categories)


def _inputs(model: Model, numbers: BaseEstimator | str, categories: BaseEstimator) -> object:
    steps = [("numeric", numbers, list(model.numeric))]
    if model.categorical:
        steps.append(("categorical", categories, list(model.categorical)))
    return ColumnTransformer(steps)
