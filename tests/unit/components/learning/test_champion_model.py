"""A model says what columns it takes, and is known by what it has learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.unit.components.models import model_of

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's and MLflow's, on import
    # scikit-learn 1.6 hands scipy 1.17 an option that does nothing any more.
    pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp` and:DeprecationWarning"),
    # MLflow 2.22 says so of its own wrapper of a scikit-learn model, on import.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
]

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pd.DataFrame({"distance": [0.0, 1.0, 8.0, 9.0]})


def save_classifier(folder: Path, *, late: list[int]) -> Path:
    import mlflow  # noqa: PLC0415 # takes seconds
    from mlflow.models import infer_signature  # noqa: PLC0415 # same
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 # same

    model = LogisticRegression().fit(ROWS, late)
    mlflow.sklearn.save_model(
        model,
        str(folder),
        signature=infer_signature(ROWS, model.predict_proba(ROWS)),
        pyfunc_predict_fn="predict_proba",
        pip_requirements=[],
    )
    return folder


def test_a_category_that_is_null_in_the_first_rows_is_text_all_the_same() -> None:
    import numpy as np  # noqa: PLC0415 # takes seconds
    from train.train import signature_of  # noqa: PLC0415 # same

    signature = signature_of(model_of(), np.array([[0.1, 0.9]]))
    assert [(column.name, column.type.name) for column in signature.inputs] == [
        ("distance", "double"),
        ("city", "string"),
    ]


def test_a_model_is_the_same_wherever_and_whenever_it_was_saved(tmp_path: Path) -> None:
    from learning.champion import content_of  # noqa: PLC0415 # same

    first = save_classifier(tmp_path / "first", late=[0, 0, 1, 1])
    again = save_classifier(tmp_path / "again", late=[0, 0, 1, 1])
    other = save_classifier(tmp_path / "other", late=[0, 1, 0, 1])
    assert content_of(first) == content_of(again) != content_of(other)
