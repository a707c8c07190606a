"""How raw columns of each kind become the numbers that an estimator takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from encoders.dates import DateParts
from encoders.texts import word_weights

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

    from conf.model import Model

    Step = tuple[str, BaseEstimator | str, list[str] | str]

# Columns of hashed words: many cost little where most are not stored, as a sparse matrix's are not.
SPARSE_WORDS, DENSE_WORDS = 4096, 256


def scaled_inputs(model: Model, *, rare: int, sparse: bool) -> ColumnTransformer:
    """Return inputs without missing values: numbers filled and scaled, a column for each category.

    Categories of fewer than `rare` rows are one. Truth values are filled with the more frequent
    one, and say whether they were missing.
    """
    truths = SimpleImputer(strategy="most_frequent", keep_empty_features=True, add_indicator=True)
    categories = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=rare)
    steps: list[Step] = [
        ("numeric", make_pipeline(*_filled_and_scaled()), list(model.numeric)),
        ("categorical", categories, list(model.categorical)),
        ("boolean", truths, list(model.boolean)),
        ("date", make_pipeline(DateParts(), *_filled_and_scaled()), list(model.date)),
        *_texts(model, columns=SPARSE_WORDS if sparse else DENSE_WORDS),
    ]
    return ColumnTransformer(_used(steps), sparse_threshold=0.3 if sparse else 0)


def raw_inputs(model: Model) -> ColumnTransformer:
    """Return dense inputs with missing values, for an estimator that finds its own thresholds."""
    # Missing is None, which the encoder takes for one more category.
    categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    steps: list[Step] = [
        ("numeric", "passthrough", list(model.numeric)),
        ("categorical", categories, list(model.categorical)),
        ("boolean", "passthrough", list(model.boolean)),
        ("date", DateParts(), list(model.date)),
        *_texts(model, columns=DENSE_WORDS),
    ]
    return ColumnTransformer(_used(steps), sparse_threshold=0)


def _filled_and_scaled() -> list[BaseEstimator]:
    return [SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()]


def _texts(model: Model, *, columns: int) -> list[Step]:
    # A single name, not a list: the vectorizer takes one column of texts.
    return [(f"text_{name}", word_weights(columns), name) for name in model.text]


def _used(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step[2]]
