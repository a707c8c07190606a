"""An estimator is told to be there, or not, without an import of its package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aml_pipelines.pipeline.estimators import estimator_problem

THERE = (
    "sklearn.linear_model.Ridge",
    "sklearn.ensemble.HistGradientBoostingClassifier",
    "sklearn.dummy.DummyRegressor",
    "xgboost.XGBClassifier",
    "nobody_has_this_package.Ridge",
)
LACKING = {
    "sklearn.linear_model.Rigde": "'sklearn.linear_model' has no 'Rigde'; did you mean 'Ridge'?",
    "sklearn.linear_modle.Ridge": "there is no module 'sklearn.linear_modle'",
    "xgboost.XGBClasifier": "'xgboost' has no 'XGBClasifier'; did you mean 'XGBClassifier'?",
}


@pytest.mark.parametrize("estimator", THERE)
def test_one_that_is_there_or_that_nobody_can_tell_of_is_no_problem(estimator: str) -> None:
    assert estimator_problem(estimator) == ""


@pytest.mark.parametrize("estimator", LACKING)
def test_one_that_is_not_there_is_told_with_the_one_that_was_meant(estimator: str) -> None:
    assert estimator_problem(estimator) == f"estimator {estimator!r}: {LACKING[estimator]}"


def test_no_package_is_imported_for_it() -> None:
    code = (
        "import sys; from aml_pipelines.pipeline.estimators import estimator_problem;"
        "print(estimator_problem('sklearn.linear_model.Rigde'), 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("did you mean 'Ridge'? False\n")
