"""A model's file is loaded strictly: what it states wrongly is named, with the line and the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from conf.dataset import load_dataset
from conf.document import ConfError
from conf.model import MODELS, Candidate, Gate, load_model

if TYPE_CHECKING:
    from pathlib import Path

LATE = """\
dataset: trips
task: classification
features: {numeric: [distance], categorical: [city]}
candidates:
  a: {estimator: sklearn.linear_model.LogisticRegression, parameters: {C: 0.1}}
  b: {estimator: sklearn.ensemble.HistGradientBoostingClassifier}
  c: {estimator: xgboost.XGBClassifier}
metric: roc_auc
gate: {minimum: 0.6, slice_tolerance: 0.02}
slices: [city]
seed: 7
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in MODELS.glob("*.yml")))
def test_every_model_of_the_repository_loads_and_its_dataset_is_there(name: str) -> None:
    assert load_dataset(load_model(name).dataset).label is not None


def test_a_model_gives_its_candidates_by_slot_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "late.yml").write_text(LATE)
    late = load_model("late", folder=tmp_path)
    first = Candidate("a", "sklearn.linear_model.LogisticRegression", {"C": 0.1})
    assert (late.candidate(1), late.candidate(3).name) == (first, "c")
    assert late.features == ("distance", "city")
    assert late.gate == Gate(0.6, 0.0, 0.95, 1000, 0.02, 200)
    assert (late.threshold, late.seed, late.greater_is_better) == (0.5, 7, True)


def test_a_model_states_its_classes_and_what_each_weighs(tmp_path: Path) -> None:
    text = "classes: [1, 2, 3]\nclass_weights: {'2': 3, '3': 0.5}\n"
    (tmp_path / "late.yml").write_text(LATE + text)
    late = load_model("late", folder=tmp_path)
    assert (late.classes, late.positive) == ((1, 2, 3), None)
    assert late.class_weights == {"2": 3.0, "3": 0.5}
    text = "classes: [in time, late]\npositive: late\nclass_weights: balanced\nthreshold: 0.3\n"
    (tmp_path / "late.yml").write_text(LATE + text)
    late = load_model("late", folder=tmp_path)
    assert (late.classes, late.positive) == (("in time", "late"), "late")
    assert (late.class_weights, late.threshold) == ("balanced", 0.3)


def test_features_of_every_kind_are_listed_by_kind(tmp_path: Path) -> None:
    kinds = "[city], boolean: [is_open], date: [day], text: [note]}"
    (tmp_path / "late.yml").write_text(LATE.replace("[city]}", kinds))
    late = load_model("late", folder=tmp_path)
    assert late.features == ("distance", "city", "is_open", "day", "note")


@pytest.mark.parametrize(
    ("metric", "is_better"), [("macro_f1", True), ("balanced_accuracy", True), ("log_loss", False)]
)
def test_a_classification_has_metrics_of_decisions_and_of_probabilities(
    tmp_path: Path, metric: str, *, is_better: bool
) -> None:
    (tmp_path / "late.yml").write_text(LATE.replace("roc_auc", metric))
    assert load_model("late", folder=tmp_path).greater_is_better is is_better


def test_less_is_better_for_an_error(tmp_path: Path) -> None:
    text = LATE.replace("classification", "regression").replace("roc_auc", "rmse")
    text = text.replace("Classifier", "Regressor")
    (tmp_path / "late.yml").write_text(text)
    assert load_model("late", folder=tmp_path).greater_is_better is False


def test_an_unknown_model_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "late.yml").write_text(LATE)
    with pytest.raises(ConfError, match=r"'early' is unknown: there are \['late'\]"):
        load_model("early", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LATE + "epochs: 3\n", r"late.yml:12: unknown keys \['epochs'\]; it may have"),
        (LATE.replace("seed: 7", "seed: seven"), "'seed' is 'seven'; it takes a int, not a str"),
        (LATE.replace("seed: 7\n", ""), "key 'seed' is missing; it takes a int"),
        (LATE.replace("dataset: trips\n", ""), "key 'dataset' is missing; it takes a str"),
        (LATE.replace("classification", "ranking"), "'task' is 'ranking'; it is one of"),
        (LATE.replace("roc_auc", "rmse"), r"'metric' is 'rmse'; it is one of \['roc_auc'"),
        (LATE.replace("[city]}", "[city], texts: [a]}"), r"features: unknown keys \['texts'\]"),
        (
            LATE.replace("[city]}", "[city], text: [city]}"),
            r"late.yml:3: \['city'\] are named twice",
        ),
        (LATE + "positive: yes\n", "'positive' has True; a class is a text or a whole number: quo"),
        (LATE + "classes: [a, 1.5]\n", "'classes' has 1.5; a class is a text or a whole number"),
        (LATE + "classes: [a, 1]\n", "'classes' are texts or whole numbers, not both: quote them"),
        (LATE + "classes: [a, a]\n", r"'classes' are \['a', 'a'\]; they are at least two, each"),
        (LATE + "classes: [a]\n", r"'classes' are \['a'\]; they are at least two, each once"),
        (LATE + "classes: [a, b]\n", r"state which of the two classes \['a', 'b'\] is 'positive'"),
        (LATE + "classes: [a, b]\npositive: c\n", "'positive' is 'c', which is none of the class"),
        (LATE + "classes: [a, b, c]\npositive: a\n", "is one of two classes; the label has 3: le"),
        (LATE + "classes: [a, b, c]\nthreshold: 0.4\n", "'threshold' parts two classes; of 3 the"),
        (LATE + "class_weights: even\n", "'class_weights' is 'even'; it is 'balanced', or the"),
        (LATE + "class_weights: {a: 0}\n", "class_weights: the weight of 'a' is 0, not above 0"),
        (LATE + "class_weights: {a: x}\n", "class_weights: 'a' is 'x'; it takes a float"),
        (
            LATE + "classes: [a, b, c]\nclass_weights: {d: 2}\n",
            r"'class_weights' names \['d'\]; the classes are \['a', 'b', 'c'\]",
        ),
        (
            LATE.replace("classification", "regression").replace("roc_auc", "rmse")
            + "positive: late\n",
            "late.yml:12: a regression has no 'positive'",
        ),
        (LATE.replace("{numeric: [distance], categorical: [city]}", "{}"), "'features' is missing"),
        (LATE.replace("  c: {est", "  #"), r"candidates are \['a', 'b'\]; training has 3 slots"),
        (
            LATE.replace("XGBClassifier", "XGBRegressor"),
            "late.yml:7: candidates: c: estimator 'xgboo",
        ),
        (LATE.replace("{C: 0.1}", "[C]"), r"'parameters' is \['C'\]; it takes a dict, not a list"),
        (LATE.replace("minimum: 0.6, ", ""), "gate: key 'minimum' is missing; it takes a float"),
        (LATE.replace("minimum: 0.6", "minimum: 0.6, confidence: 95"), "confidence is 95.0; it is"),
        (LATE.replace("slices: [city]", "slices: [town]"), r"slices names \['town'\]; the feature"),
        ("metric: {", "late.yml:2: is not YAML"),
        ("", "late.yml: holds a NoneType"),
    ],
)
def test_a_model_that_states_nonsense_is_refused_with_the_place_and_what_is_right(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "late.yml").write_text(text)
    with pytest.raises(ConfError) as refused:
        load_model("late", folder=tmp_path)
    assert re.search(message, str(refused.value))


def test_a_model_of_garbage_bytes_is_refused_as_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "late.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfError, match=r"late\.yml: is not YAML"):
        load_model("late", folder=tmp_path)
