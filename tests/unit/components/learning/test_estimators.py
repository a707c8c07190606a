"""Candidates become pipelines that survive what a batch may bring, or are refused by name."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from conf.model import Candidate
from learning.estimators import EstimatorError, build_estimator, build_pipeline
from tests.unit.components.models import model_of

pytestmark = [
    # scikit-learn 1.6 hands scipy 1.17 an option that does nothing any more.
    pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp` and:DeprecationWarning"),
    # Said of the wheel that xgboost-cpu comes as, whatever glibc this machine has.
    pytest.mark.filterwarnings("ignore:Your system has an old version of glibc:FutureWarning"),
]

LINEAR = Candidate("linear", "sklearn.linear_model.LogisticRegression", {"C": 0.5})
BOOSTED = Candidate("boosted", "sklearn.ensemble.HistGradientBoostingClassifier", {"max_iter": 2})
XGBOOST = Candidate("xgboost", "xgboost.XGBClassifier", {"n_estimators": 2})


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        ("sklearn.linear_model.Rigde", {}, "has no attribute 'Rigde'"),
        ("sklearn.linear_modle.Ridge", {}, "No module named 'sklearn.linear_modle'"),
        ("os.system", {}, "estimator 'os.system' is not of ('sklearn', 'xgboost')"),
        ("lightgbm.LGBMClassifier", {}, "is not of ('sklearn', 'xgboost')"),
        ("sklearnish.Ridge", {}, "is not of ('sklearn', 'xgboost')"),
        ("sklearn.linear_model.Ridge", {"alhpa": 1}, "unexpected keyword argument 'alhpa'"),
    ],
)
def test_a_wrong_candidate_is_refused_by_name(
    estimator: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(EstimatorError, match=re.escape(message)) as caught:
        build_estimator(Candidate("mine", estimator, parameters), seed=1)
    assert str(caught.value).startswith("candidate 'mine': ")


def test_parameters_and_seed_reach_the_estimator() -> None:
    built = build_estimator(BOOSTED, seed=11).get_params()
    assert (built["max_iter"], built["random_state"]) == (2, 11)


@pytest.mark.parametrize("candidate", [LINEAR, BOOSTED, XGBOOST], ids=lambda c: c.name)
def test_a_category_that_is_new_or_missing_is_predicted_all_the_same(candidate: Candidate) -> None:
    known = pd.DataFrame(
        {"distance": np.arange(120.0), "city": ["Ulm", "Bonn"] * 60},
    )
    late = np.arange(120) % 3 == 0
    pipeline = build_pipeline(candidate, model_of(), rows=len(known)).fit(known, late)
    unseen = pd.DataFrame({"distance": [5.0, np.nan, 7.0], "city": ["Mainz", None, "Ulm"]})
    scores = pipeline.predict_proba(unseen)[:, 1]
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_a_linear_model_gets_scaled_numbers_and_a_tree_the_numbers_themselves() -> None:
    rows = pd.DataFrame({"distance": [0.0, 2.0] * 60, "city": ["Ulm", "Bonn"] * 60})
    late = np.array([0, 1] * 60)
    linear = build_pipeline(LINEAR, model_of(), rows=len(rows)).fit(rows, late)
    trees = build_pipeline(BOOSTED, model_of(), rows=len(rows)).fit(rows, late)
    assert linear[0].transform(rows)[:2].tolist() == [[-1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    assert trees[0].transform(rows)[:2].tolist() == [[0.0, 1.0], [2.0, 0.0]]


def test_a_category_that_is_missing_is_one_of_its_own_to_a_tree_and_a_new_one_is_unknown() -> None:
    rows = pd.DataFrame({"distance": [0.0, 2.0] * 60, "city": ["Ulm", None] * 60})
    trees = build_pipeline(BOOSTED, model_of(), rows=len(rows)).fit(rows, np.array([0, 1] * 60))
    assert trees[0].transform(rows)[:2].tolist() == [[0.0, 0.0], [2.0, 1.0]]
    new = pd.DataFrame({"distance": [3.0], "city": ["Mainz"]})
    assert trees[0].transform(new).tolist() == [[3.0, -1.0]]


def test_a_model_of_numbers_alone_needs_no_categories() -> None:
    rows = pd.DataFrame({"distance": [0.0, 2.0, 3.0, 4.0]})
    numbers = model_of(categorical=())
    pipeline = build_pipeline(LINEAR, numbers, rows=len(rows)).fit(rows, [0, 0, 1, 1])
    assert pipeline.predict(rows).tolist() == [0, 0, 1, 1]
