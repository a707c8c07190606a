"""Batch steps and endpoints score alike, with one scorer; endpoints answer what it returns."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import files
import mlflow
import numpy as np
import online
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
from sklearn.linear_model import LinearRegression, LogisticRegression

from conf.columns import ROW_ID
from raw_columns import RowsError, typed
from scorer import Scorer, load_scorer

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
TRIPS = pd.DataFrame({"distance": [1.0, 2.0, 8.0, 9.0], "seats": [2.0, 4.0, 2.0, 4.0]})
LATE = [0, 0, 1, 1]


def save(model: object, folder: Path, *, task: str, threshold: float, predict_with: str) -> Path:
    predicted = getattr(model, predict_with)(TRIPS)
    mlflow.sklearn.save_model(
        model,
        folder,
        signature=mlflow.models.infer_signature(TRIPS, predicted),
        pyfunc_predict_fn=predict_with,
        pip_requirements=[],
        metadata={"task": task, "threshold": threshold},
    )
    return folder


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a classifier as a deployment finds it: one folder below the model folder."""
    model = LogisticRegression().fit(TRIPS, LATE)
    # 0.818 = 1 / (1 + exp(6.5 - 8)) at a distance of 8, and 0.924 at 9
    model.coef_[:], model.intercept_[:] = [[1.0, 0.0]], [-6.5]
    folder = tmp_path_factory.mktemp("deployed")
    save(model, folder / "late", task="classification", threshold=0.9, predict_with="predict_proba")
    return folder


@pytest.fixture
def deployed(late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(late))
    monkeypatch.setenv("AZUREML_BI_OUTPUT_PATH", str(tmp_path / "scores"))
    (tmp_path / "scores").mkdir()
    online.init()
    files.init()


def asked(request: object) -> tuple[int, dict[str, object]]:
    response = online.run(json.dumps(request))
    return response.status_code, json.loads(response.get_data(as_text=True))


def test_a_score_is_the_probability_of_class_1_and_the_class_is_above_the_models_threshold(
    late: Path,
) -> None:
    scored = load_scorer(late).score(TRIPS)
    assert scored["score"].round(3).tolist() == [0.004, 0.011, 0.818, 0.924]
    assert scored["class"].tolist() == [0, 0, 0, 1]  # only the last is above 0.9


def test_a_model_picks_its_own_columns_and_takes_truths_and_integers_for_its_numbers(
    late: Path,
) -> None:
    rows = pd.DataFrame({"city": ["Ulm", "Bonn"], "seats": [True, False], "distance": [8, 9]})
    assert load_scorer(late).score(rows)["score"].round(3).tolist() == [0.818, 0.924]


def test_the_threshold_is_that_of_the_training_or_else_the_callers(
    late: Path, tmp_path: Path
) -> None:
    mlflow.sklearn.save_model(LogisticRegression(), tmp_path / "m", pip_requirements=[])
    untold = load_scorer(tmp_path, task="classification", threshold=0.3)
    told = load_scorer(late, task="regression", threshold=0.3)
    assert (untold.task, untold.threshold) == ("classification", 0.3)
    assert (told.task, told.threshold) == ("classification", 0.9)


def save_with_integers(folder: Path) -> None:
    """Save a model whose signature has integers, as MLflow infers it from whole numbers."""
    columns = [ColSpec("long", "distance"), ColSpec("integer", "seats")]
    mlflow.sklearn.save_model(
        LinearRegression().fit(TRIPS, [10.0, 20.0, 80.0, 90.0]),
        folder,
        signature=ModelSignature(Schema(columns), Schema([ColSpec("double")])),
        pip_requirements=[],
        metadata={"task": "regression"},
    )


@pytest.mark.parametrize("stored_as", ["float64", "int64", "int32", "object", "Int64"])
def test_a_model_that_was_taught_integers_scores_them_equally_however_they_are_stored(
    tmp_path: Path, stored_as: str
) -> None:
    # A table's nullable integers are read as floating point, those of a request as int64.
    save_with_integers(tmp_path / "m")
    rows = TRIPS.astype("int64").astype(stored_as)
    scores = load_scorer(tmp_path).score(rows)["score"]
    assert scores.round(6).tolist() == [10.0, 20.0, 80.0, 90.0]


@pytest.mark.parametrize(
    ("distance", "reason"),
    [
        (1.5, "column 'distance' holds what is no long"),
        (None, "column 'distance' holds what is no number"),
    ],
)
def test_what_is_no_integer_is_refused_where_the_model_was_taught_integers(
    tmp_path: Path, distance: float | None, reason: str
) -> None:
    save_with_integers(tmp_path / "m")
    with pytest.raises(RowsError, match=reason):
        load_scorer(tmp_path).score(pd.DataFrame({"distance": [distance, 2], "seats": [2, 4]}))


def test_a_regression_has_no_class(tmp_path: Path) -> None:
    model = LinearRegression().fit(TRIPS, [10.0, 20.0, 80.0, 90.0])
    save(model, tmp_path / "m", task="regression", threshold=0.5, predict_with="predict")
    found = load_scorer(tmp_path).score(TRIPS)
    assert found["score"].round(6).tolist() == [10.0, 20.0, 80.0, 90.0]
    assert found["class"].isna().all()


GRAINS: dict[str, object] = {
    "task": "classification",
    "classes": ["corn", "oat", "rye"],
    "positive": None,
}
NUMBERED: dict[str, object] = {"task": "classification", "classes": [7, 5, 3], "positive": None}


def grain() -> LogisticRegression:
    """Return a model of the greatest of 1, 5 - distance and 2 * distance - 10."""
    model = LogisticRegression().fit(TRIPS, [0, 1, 2, 2])
    model.coef_[:], model.intercept_[:] = [[0.0, 0], [-1, 0], [2, 0]], [1, 5, -10]
    return model


def save_with(metadata: dict[str, object], model: object, folder: Path) -> Path:
    mlflow.sklearn.save_model(
        model,
        folder / "m",
        signature=mlflow.models.infer_signature(TRIPS),
        pyfunc_predict_fn="predict_proba",
        pip_requirements=[],
        metadata=metadata,
    )
    return folder


def test_of_many_classes_the_most_probable_is_predicted_by_name_with_the_probability_of_each(
    tmp_path: Path,
) -> None:
    scored = load_scorer(save_with(GRAINS, grain(), tmp_path)).score(TRIPS)
    assert scored["class"].tolist() == ["oat", "oat", "rye", "rye"]
    # At a distance of 1: e^4 of e^1 + e^4 + e^-8.
    assert scored["score"].round(4).tolist() == [0.9526, 0.8807, 0.9932, 0.9991]
    assert list(scored["probabilities"][0]) == ["corn", "oat", "rye"]
    assert sum(scored["probabilities"][0].values()) == pytest.approx(1)
    assert scored["probabilities"][0]["oat"] == scored["score"][0]


def test_classes_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    scored = load_scorer(save_with(NUMBERED, grain(), tmp_path)).score(TRIPS)
    assert str(scored["class"].dtype) == "Int32"
    assert scored["class"].tolist() == [5, 5, 3, 3]
    assert list(scored["probabilities"][3]) == ["7", "5", "3"]


def test_of_two_words_the_score_is_that_of_the_positive_one(tmp_path: Path) -> None:
    model = LogisticRegression().fit(TRIPS, LATE)
    model.coef_[:], model.intercept_[:] = [[1.0, 0.0]], [-6.5]
    words: dict[str, object] = {
        "task": "classification",
        "classes": ["on time", "late"],
        "positive": "late",
    }
    scored = load_scorer(save_with(words | {"threshold": 0.9}, model, tmp_path)).score(TRIPS)
    assert scored["score"].round(3).tolist() == [0.004, 0.011, 0.818, 0.924]
    assert scored["class"].tolist() == ["on time", "on time", "on time", "late"]


def test_a_row_without_a_number_for_a_score_has_no_class_and_no_probabilities() -> None:
    class Broken:
        metadata = None

        def predict(self, rows: pd.DataFrame) -> list[list[float]]:
            del rows
            return [[0.2, 0.8, 0.0], [float("nan")] * 3]

    scorer = Scorer(Broken(), "classification", 0.5, ("corn", "oat", "rye"), None)
    scored = scorer._describe(np.array(Broken().predict(TRIPS)), pd.RangeIndex(2))  # noqa: SLF001 # what scores
    assert scored["class"].isna().tolist() == [False, True]
    assert scored["probabilities"][1] is None


def test_a_request_about_many_classes_is_answered_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(save_with(GRAINS, grain(), tmp_path)))
    online.init()
    code, answer = asked({"rows": [{"distance": 9, "seats": 2}]})
    assert code == 200
    assert answer == {
        "scores": [
            {
                "score": pytest.approx(0.9991, abs=1e-4),
                "class": "rye",
                "probabilities": {
                    "corn": pytest.approx(0.0009, abs=1e-4),
                    "oat": pytest.approx(0.0, abs=1e-4),
                    "rye": pytest.approx(0.9991, abs=1e-4),
                },
            }
        ]
    }


def test_a_file_of_scores_of_many_classes_has_a_map_of_probabilities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(save_with(GRAINS, grain(), tmp_path / "model")))
    monkeypatch.setenv("AZUREML_BI_OUTPUT_PATH", str(tmp_path / "scores"))
    (tmp_path / "scores").mkdir()
    files.init()
    TRIPS.assign(_row_id=["a", "b", "c", "d"]).to_parquet(tmp_path / "part-0.parquet")
    files.run([str(tmp_path / "part-0.parquet")])
    written = pq.read_table(tmp_path / "scores" / "part-0.parquet")
    assert {field.name: str(field.type) for field in written.schema} == {
        "_row_id": "string",
        "score": "double",
        "class": "string",
        "probabilities": "map<string, double ('probabilities')>",
    }
    assert written["class"].to_pylist() == ["oat", "oat", "rye", "rye"]


def test_a_request_states_days_and_moments_as_iso_8601_writes_them() -> None:
    stated = ["2024-01-02", "2024-01-02T03:04:05Z", "2024-01-02T05:04:05+02:00", None]
    moments = typed(pd.Series(stated, name="day", dtype="object"), "datetime")
    assert moments.astype(str).tolist() == [
        *("2024-01-02 00:00:00", "2024-01-02 03:04:05", "2024-01-02 03:04:05", "NaT")
    ]


@pytest.mark.parametrize("stated", ["tomorrow", "31.01.2024", 20240131, 1.5])
def test_what_is_no_day_is_refused_by_its_column(stated: object) -> None:
    with pytest.raises(RowsError, match=r"column 'day' holds .*, which is no day or moment"):
        typed(pd.Series([stated], name="day", dtype="object"), "datetime")


def test_a_folder_without_one_model_is_no_deployment(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds 0 files named MLmodel"):
        load_scorer(tmp_path)


@pytest.mark.usefixtures("deployed")
def test_rows_are_answered_in_their_order_and_other_columns_do_not_matter() -> None:
    code, answer = asked(
        {"rows": [{"seats": 4, "distance": 9, "note": "x"}, {"distance": 1, "seats": 2}]}
    )
    assert code == 200
    scores = answer["scores"]
    assert isinstance(scores, list)
    assert [entry["class"] for entry in scores] == [1, 0]


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"rows": [{"distance": 9}]}, "rows have no columns ['seats']"),
        ({"rows": [{"distance": "far", "seats": 2}]}, "column 'distance' holds what is no number"),
        ({"rows": []}, "is not of the form"),
        ([1], "is not of the form"),
        ({"data": []}, "is not of the form"),
    ],
)
def test_what_cannot_be_scored_is_refused_and_says_why(request_: object, told: str) -> None:
    code, answer = asked(request_)
    error = answer["error"]
    assert isinstance(error, dict)
    assert code == 400
    assert told in error["message"]


def test_a_deployment_names_rows_as_the_lake_does_although_its_code_comes_without_conf() -> None:
    assert files.ROW_ID == ROW_ID


@pytest.mark.usefixtures("deployed")
def test_a_file_of_scores_stands_for_each_file_of_rows_however_often_it_is_scored(
    tmp_path: Path,
) -> None:
    rows = TRIPS.assign(_row_id=["a", "b", "c", "d"])
    rows.to_parquet(tmp_path / "part-0.parquet")
    (tmp_path / "_SUCCESS").touch()
    batch = [str(tmp_path / "part-0.parquet"), str(tmp_path / "_SUCCESS")]
    assert files.run(batch) == ["part-0.parquet", "_SUCCESS"]
    files.run(batch)
    written = sorted(file.name for file in (tmp_path / "scores").iterdir())
    assert written == ["part-0.parquet"]
    found = pd.read_parquet(tmp_path / "scores" / "part-0.parquet")
    assert found["_row_id"].tolist() == ["a", "b", "c", "d"]
    assert found["class"].tolist() == [0, 0, 0, 1]


@pytest.mark.usefixtures("deployed")
def test_a_broken_file_fails_the_batch_and_leaves_no_scores(tmp_path: Path) -> None:
    TRIPS[["distance"]].assign(_row_id="a").to_parquet(tmp_path / "part-0.parquet")
    with pytest.raises(RowsError, match=r"rows have no columns \['seats'\]"):
        files.run([str(tmp_path / "part-0.parquet")])
    assert list((tmp_path / "scores").iterdir()) == []


SHIFT = """
from sklearn.base import BaseEstimator

class Shift(BaseEstimator):
    def fit(self, rows, outcome=None):
        return self

    def predict(self, rows):
        return [{constant}] * len(rows)
"""


@pytest.mark.slow
def test_models_that_bring_two_versions_of_one_module_each_keep_their_own(tmp_path: Path) -> None:
    save_shift = (
        "import sys, mlflow, pandas as pd; sys.path.insert(0, sys.argv[1]);"
        "from own_shift import Shift;"
        "rows = pd.DataFrame({'distance': [1.0]});"
        "mlflow.sklearn.save_model(Shift(), sys.argv[2], pip_requirements=[],"
        " signature=mlflow.models.infer_signature(rows, [1.0]),"
        " code_paths=[sys.argv[1] + '/own_shift.py'])"
    )
    found = []
    for constant in (1, 2):
        folder = tmp_path / str(constant)
        folder.mkdir()
        (folder / "own_shift.py").write_text(SHIFT.format(constant=constant))
        arguments = [sys.executable, "-c", save_shift, str(folder), str(folder / "m")]
        subprocess.run(arguments, check=True, cwd=folder, capture_output=True)
        found.append(load_scorer(folder / "m"))
    rows = pd.DataFrame({"distance": [5.0]})
    assert [scorer.score(rows)["score"].tolist() for scorer in found] == [[1.0], [2.0]]
    assert "own_shift" not in sys.modules


@pytest.mark.usefixtures("deployed")
def test_a_moment_beyond_pandas_nanoseconds_is_read_from_sparks_parquet_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[pd.DataFrame] = []

    class Listening:
        def score(self, rows: pd.DataFrame) -> pd.DataFrame:
            told.append(rows)
            return pd.DataFrame({"score": [0.5]})

    monkeypatch.setattr(files, "SCORERS", [Listening()])
    moments = pa.array([dt.datetime(9999, 12, 31, 12, tzinfo=dt.UTC)], pa.timestamp("us"))
    table = pa.table({"_row_id": ["a"], "at": moments})
    pq.write_table(table, tmp_path / "p.parquet", use_deprecated_int96_timestamps=True)
    files.run([str(tmp_path / "p.parquet")])
    assert str(typed(told[0]["at"], "datetime")[0]) == "2262-04-11 00:00:00"
