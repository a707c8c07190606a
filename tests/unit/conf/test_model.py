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


def test_less_is_better_for_an_error(tmp_path: Path) -> None:
    text = LATE.replace("classification", "regression").replace("roc_auc", "rmse")
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
        (LATE.replace("[city]}", "[city], text: [a]}"), r"features: unknown keys \['text'\]"),
        (LATE.replace("{numeric: [distance], categorical: [city]}", "{}"), "'features' is missing"),
        (LATE.replace("  c: {est", "  #"), r"candidates are \['a', 'b'\]; training has 3 slots"),
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
