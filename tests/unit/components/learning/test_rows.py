"""A model's inputs and outcome are selected from the rows of a table, or refused by name."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from learning.rows import TrainingRowsError, features_of, label_of, outcome_of
from tests.unit.components.models import model_of


def test_numbers_become_floating_point_and_a_missing_category_is_none() -> None:
    rows = pd.DataFrame(
        {
            "city": pd.Series(["Ulm", pd.NA], dtype="string"),
            "distance": pd.Series([3, pd.NA], dtype="Int64"),
            "late": [1, 0],
        }
    )
    features = features_of(rows, model_of())
    assert list(features.columns) == ["distance", "city"]
    assert str(features["distance"].dtype) == "float64"
    assert features["distance"][0] == 3.0
    assert np.isnan(features["distance"][1])
    assert list(features["city"]) == ["Ulm", None]


def test_columns_that_a_model_needs_and_a_table_lacks_are_named() -> None:
    message = (
        "model 'late': the table has no columns ['distance']; it has ['city']; "
        "correct 'features' in conf/models/late.yml"
    )
    with pytest.raises(TrainingRowsError, match=re.escape(message)):
        features_of(pd.DataFrame({"city": ["Ulm"]}), model_of())


def test_days_and_words_among_the_numbers_are_refused_by_name() -> None:
    rows = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-02"]), "word": ["far"], "distance": ["3"], "city": ["Ulm"]}
    )
    message = (
        "model 'late': columns {'day': 'datetime64[ns]', 'word': 'object'} are no numbers; list "
        "them under 'categorical' in conf/models/late.yml, or leave them out"
    )
    with pytest.raises(TrainingRowsError, match=re.escape(message)):
        features_of(rows, model_of(numeric=("day", "word", "distance")))


def test_the_label_is_that_of_the_models_dataset() -> None:
    assert label_of(model_of()) == "target"


def test_an_outcome_is_floating_point() -> None:
    outcome = outcome_of(pd.DataFrame({"target": [True, False]}), model_of())
    assert outcome.tolist() == [1.0, 0.0]


def test_a_missing_label_and_unknown_outcomes_are_refused() -> None:
    with pytest.raises(
        TrainingRowsError, match=re.escape("has no label 'target'; it has ['city']")
    ):
        outcome_of(pd.DataFrame({"city": ["Ulm"]}), model_of())
    with pytest.raises(TrainingRowsError, match="label 'target' is unknown in 2 rows"):
        outcome_of(pd.DataFrame({"target": [1.0, None, None]}), model_of())


def test_classes_other_than_0_and_1_are_refused_for_they_would_turn_a_ranking_round() -> None:
    rows = pd.DataFrame({"target": [1.0, 2.0, 2.0]})
    message = "label 'target' has the values [2.0]; a classification learns 0 and 1"
    with pytest.raises(TrainingRowsError, match=re.escape(message)):
        outcome_of(rows, model_of())
    assert outcome_of(rows, model_of(task="regression", metric="rmse")).tolist() == [1.0, 2.0, 2.0]
