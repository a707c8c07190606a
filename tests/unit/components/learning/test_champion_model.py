"""A champion scores rows by its own signature, and is known by what it has learnt."""

from __future__ import annotations

import re
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


def test_a_model_picks_its_own_columns_and_gives_the_probability_of_class_1(tmp_path: Path) -> None:
    from learning.champion import score  # noqa: PLC0415 # same

    folder = save_classifier(tmp_path / "model", late=[0, 0, 1, 1])
    rows = pd.DataFrame({"city": ["Ulm"] * 3, "distance": [0.0, 4.5, 9.0]})
    scores = score(folder, rows)
    assert scores.shape == (3,)
    assert scores[0] < 0.5 < scores[2]
    assert scores[1] == pytest.approx(0.5, abs=1e-3)


def test_numbers_that_a_table_stores_as_integers_or_truths_are_scored_as_what_was_learnt(
    tmp_path: Path,
) -> None:
    from learning.champion import score  # noqa: PLC0415 # same

    folder = save_classifier(tmp_path / "model", late=[0, 0, 1, 1])
    integers = score(folder, pd.DataFrame({"distance": pd.Series([0, 9], dtype="int64")}))
    assert integers[0] < 0.5 < integers[1]
    truths = score(folder, pd.DataFrame({"distance": [False, True]}))
    assert truths.tolist() == score(folder, pd.DataFrame({"distance": [0.0, 1.0]})).tolist()


def test_the_threshold_is_that_of_the_training_or_else_the_contract_s(tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415 # same
    from sklearn.dummy import DummyClassifier  # noqa: PLC0415 # same

    from learning.champion import threshold_of  # noqa: PLC0415 # same

    for name, metadata in (("told", {"threshold": 0.3}), ("untold", None)):
        folder = str(tmp_path / name)
        mlflow.sklearn.save_model(DummyClassifier(), folder, metadata=metadata, pip_requirements=[])
    assert threshold_of(tmp_path / "told", model_of()) == 0.3
    assert threshold_of(tmp_path / "untold", model_of()) == 0.5


def test_a_category_that_is_null_in_the_first_rows_is_text_all_the_same() -> None:
    import numpy as np  # noqa: PLC0415 # same
    from train.train import signature_of  # noqa: PLC0415 # same

    signature = signature_of(model_of(), np.array([[0.1, 0.9]]))
    assert [(column.name, column.type.name) for column in signature.inputs] == [
        ("distance", "double"),
        ("city", "string"),
    ]


def test_a_column_that_an_older_champion_knows_and_the_rows_lack_is_named(tmp_path: Path) -> None:
    from learning.champion import ChampionError, score  # noqa: PLC0415 # same

    folder = save_classifier(tmp_path / "model", late=[0, 0, 1, 1])
    message = f"{folder}: the model needs columns ['distance'], which are missing"
    with pytest.raises(ChampionError, match=re.escape(message)):
        score(folder, pd.DataFrame({"city": ["Ulm"]}))


def test_a_model_is_the_same_wherever_and_whenever_it_was_saved(tmp_path: Path) -> None:
    from learning.champion import content_of  # noqa: PLC0415 # same

    first = save_classifier(tmp_path / "first", late=[0, 0, 1, 1])
    again = save_classifier(tmp_path / "again", late=[0, 0, 1, 1])
    other = save_classifier(tmp_path / "other", late=[0, 1, 0, 1])
    assert content_of(first) == content_of(again) != content_of(other)
