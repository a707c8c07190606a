"""Columns of every kind become numbers within the pipeline, also what training never saw."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import encoders
from conf.model import Candidate
from encoders.dates import DateParts
from encoders.texts import word_weights
from learning.classes import Classes
from learning.estimators import EstimatorError, rare_below
from learning.fitting import fit_candidate, predict
from learning.inputs import raw_inputs, scaled_inputs
from tests.unit.components.models import model_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sklearn.compose import ColumnTransformer

    from conf.model import Model

pytestmark = [
    # scikit-learn 1.6 hands scipy 1.17 an option that does nothing any more.
    pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp` and:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),  # a network is not learnt to its end
    # Said of the wheel that xgboost-cpu comes as, whatever glibc this machine has.
    pytest.mark.filterwarnings("ignore:Your system has an old version of glibc:FutureWarning"),
]
ESTIMATORS = {
    "linear": "sklearn.linear_model.LogisticRegression",
    "trees": "sklearn.ensemble.HistGradientBoostingClassifier",
    "forest": "sklearn.ensemble.RandomForestClassifier",
    "gradient": "sklearn.ensemble.GradientBoostingClassifier",
    "neighbours": "sklearn.neighbors.KNeighborsClassifier",
    "network": "sklearn.neural_network.MLPClassifier",
    "bayes": "sklearn.naive_bayes.GaussianNB",
    "xgboost": "xgboost.XGBClassifier",
}
ALL_KINDS = model_of(
    numeric=("distance",),
    categorical=("city",),
    boolean=("is_open",),
    date=("day",),
    text=("note",),
)


def rows_of(number: int) -> pd.DataFrame:
    """Return rows of every kind, with each value missing in some."""
    places = np.arange(number)
    return pd.DataFrame(
        {
            "distance": np.where(places % 5 == 0, np.nan, places.astype("float64")),
            "city": pd.Series(np.array(["Ulm", "Bonn", None], dtype=object)[places % 3]),
            "is_open": np.array([1.0, 0.0, np.nan])[places % 3],
            "day": pd.to_datetime("2024-01-01") + pd.to_timedelta(places, "D"),
            "note": pd.Series(np.array(["so far", "so good", None], dtype=object)[places % 3]),
        }
    ).assign(day=lambda rows: rows["day"].where(places % 4 != 0))


def test_a_day_becomes_its_parts_and_a_missing_one_says_so() -> None:
    days = pd.DataFrame({"day": pd.to_datetime(["2024-02-29", "1969-12-31", None])})
    parts = DateParts().fit(days)
    assert parts.get_feature_names_out().tolist() == [
        *("day_year", "day_month", "day_day", "day_weekday", "day_days", "day_is_missing")
    ]
    found = parts.transform(days)
    assert found[:2].tolist() == [
        [2024, 2, 29, 3, 19782, 0],  # a Thursday
        [1969, 12, 31, 2, -1, 0],  # a Wednesday
    ]
    assert np.isnan(found[2, :5]).all()
    assert found[2, 5] == 1


def test_a_moment_has_an_hour_where_any_row_of_train_has_one() -> None:
    moments = pd.DataFrame({"at": pd.to_datetime(["2024-02-29T23:59", "2024-03-01T00:00"])})
    parts = DateParts().fit(moments)
    assert parts.get_feature_names_out()[-1] == "at_hour"
    assert parts.transform(moments)[:, -1].tolist() == [23, 0]
    midnight = DateParts().fit(moments[1:])
    assert midnight.transform(moments).shape == (2, 6)


def test_words_have_as_many_columns_as_asked_and_a_missing_text_has_none() -> None:
    notes = pd.Series(["so far so good", "far", None])
    weights = word_weights(16).fit(notes).transform(notes).toarray()
    assert weights.shape == (3, 16)
    assert np.count_nonzero(weights, axis=1).tolist() == [3, 1, 0]
    unseen = word_weights(16).fit(notes).transform(pd.Series(["never seen before"]))
    assert unseen.shape == (1, 16)


@pytest.mark.parametrize("estimator", list(ESTIMATORS.values()), ids=list(ESTIMATORS))
def test_every_estimator_learns_from_every_kind_and_scores_what_it_never_saw(
    estimator: str,
) -> None:
    rows, outcome = rows_of(60), np.arange(60) % 3 * 1.0
    candidate = Candidate("mine", estimator, {})
    classes = Classes(("corn", "oat", "rye"), None)
    pipeline = fit_candidate(candidate, ALL_KINDS, rows, outcome, classes)
    unseen = pd.DataFrame(
        {
            "distance": [np.nan, 5.0],
            "city": [None, "Mainz"],
            "is_open": [np.nan, 1.0],
            "day": pd.to_datetime([None, "2262-04-11"]),
            "note": [None, "never seen before"],
        }
    )
    scores = predict(pipeline, unseen, classes)
    assert scores.shape == (2, 3)
    assert scores.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("make", [raw_inputs, lambda m: scaled_inputs(m, rare=1, sparse=True)])
@pytest.mark.parametrize("is_open", [np.nan, 1.0])
def test_columns_without_any_value_and_constant_ones_are_no_obstacle(
    make: Callable[[Model], ColumnTransformer], is_open: float
) -> None:
    nothing = pd.DataFrame(
        {
            "distance": [np.nan] * 4,
            "city": pd.Series([None] * 4, dtype=object),
            "is_open": [is_open] * 4,
            "day": pd.to_datetime([None] * 4),
            "note": pd.Series([None] * 4, dtype=object),
        }
    )
    assert make(ALL_KINDS).fit(nothing).transform(nothing).shape[0] == 4


@pytest.mark.parametrize(("rows", "rare"), [(20, 1), (442, 4), (5000, 50), (300_000, 50)])
def test_what_is_rare_depends_on_the_rows_up_to_fifty(rows: int, rare: int) -> None:
    assert rare_below(rows) == rare


def test_a_small_table_keeps_its_categories_apart() -> None:
    rows = pd.DataFrame({"city": ["Ulm", "Bonn", "Mainz"] * 20})
    spec = model_of(numeric=())
    inputs = scaled_inputs(spec, rare=rare_below(len(rows)), sparse=True).fit(rows)
    assert inputs.transform(rows[:3]).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_weights_reach_the_estimator() -> None:
    rows = pd.DataFrame({"distance": [1.0, 1.0, 1.0]})
    spec = model_of(categorical=(), class_weights={"late": 6.0})
    candidate = Candidate("counts", "sklearn.tree.DecisionTreeClassifier", {})
    classes = Classes(("on time", "late"), "late")
    pipeline = fit_candidate(candidate, spec, rows, np.array([0.0, 0.0, 1.0]), classes)
    assert predict(pipeline, rows, classes).tolist() == [0.75] * 3


def test_an_estimator_that_takes_no_weights_is_refused_by_name() -> None:
    spec = model_of(categorical=(), class_weights="balanced")
    candidate = Candidate("near", "sklearn.neighbors.KNeighborsClassifier", {})
    rows = pd.DataFrame({"distance": [1.0, 2.0]})
    message = "candidate 'near': sklearn.neighbors.KNeighborsClassifier takes no weights of rows"
    with pytest.raises(EstimatorError, match=message):
        fit_candidate(candidate, spec, rows, np.array([0.0, 1.0]), Classes((0, 1), 1))


@pytest.mark.parametrize(
    ("task", "metric", "estimator", "message"),
    [
        ("classification", "roc_auc", "sklearn.linear_model.Ridge", "gives no probabilities"),
        ("classification", "roc_auc", "sklearn.svm.LinearSVC", "gives no probabilities"),
        ("regression", "rmse", "sklearn.linear_model.LogisticRegression", "is no regressor"),
    ],
)
def test_an_estimator_of_another_task_is_refused_by_name(
    task: str, metric: str, estimator: str, message: str
) -> None:
    spec = model_of(task=task, metric=metric, categorical=())
    rows = pd.DataFrame({"distance": [1.0, 2.0]})
    with pytest.raises(EstimatorError, match=f"candidate 'mine': {estimator} {message}"):
        fit_candidate(Candidate("mine", estimator, {}), spec, rows, np.array([0.0, 1.0]), None)


def test_rows_that_an_estimator_cannot_learn_from_are_a_sentence() -> None:
    candidate = Candidate("near", "sklearn.linear_model.LogisticRegression", {"C": -1.0})
    rows = pd.DataFrame({"distance": [1.0, 2.0]})
    message = "candidate 'near': .* cannot learn from the 2 rows of train: "
    with pytest.raises(EstimatorError, match=message):
        fit_candidate(
            candidate, model_of(categorical=()), rows, np.array([0.0, 1.0]), Classes((0, 1), 1)
        )


LOAD = """
import sys
import pandas as pd
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from scorer import load_scorer
rows = pd.DataFrame({"day": ["2024-01-02", None], "note": ["so far", None]})
scored = load_scorer(Path(sys.argv[1])).score(rows)
assert scored["class"].tolist() == ["late", "on time"], scored
assert not [name for name in sys.modules if name.partition(".")[0] in ("encoders", "learning")]
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_model_scores_days_and_texts_where_none_of_our_code_is(tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415 # takes seconds
    from train.train import metadata_of, signature_of  # noqa: PLC0415 # same

    import scorer  # noqa: PLC0415 # same

    spec = model_of(numeric=(), categorical=(), date=("day",), text=("note",))
    rows = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-02", None] * 9), "note": ["so far", None] * 9}
    )
    classes = Classes(("on time", "late"), "late")
    candidate = Candidate("trees", "sklearn.tree.DecisionTreeClassifier", {})
    pipeline = fit_candidate(candidate, spec, rows, np.array([1.0, 0.0] * 9), classes)
    mlflow.sklearn.save_model(
        pipeline,
        str(tmp_path / "model"),
        signature=signature_of(spec, pipeline.predict_proba(rows)),
        pyfunc_predict_fn="predict_proba",
        pip_requirements=[],
        metadata=metadata_of(spec, classes),
        code_paths=encoders.__path__[:],
    )
    serve = str(scorer.__file__).rpartition("/")[0]
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "model"), serve],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert loaded.returncode == 0, loaded.stderr
