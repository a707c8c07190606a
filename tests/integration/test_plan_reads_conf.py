"""`plan` finds what is wrong in conf before anything starts: all of it, in one's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conf.dataset_learning import SPLITS
from tests.e2e.lake_runs import command
from tests.rooms import copy_rooms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RIDES = """\
sources: {history: {path: raw/rides/*.csv, format: csv}}
related: [cities]
columns:
  ride: {type: int, required: true}
  day: {type: date}
  city: {type: string, allowed: [yes, no]}
  took: {type: int}
key: [ride]
rules:
  takes_time: tok > 0
  is_now: day <= current_date()
label: {name: late, expression: TOOK > 5}
"""
CITIES = """\
sources: {history: {path: raw/cities/*.csv, format: csv}}
columns: {city: {type: string}}
"""
MODEL = """\
dataset: rides
task: classification
features: {numeric: [day, far], categorical: [city, took]}
candidates:
  linear: {estimator: sklearn.linear_model.LogisticRegresion}
  trees: {estimator: sklearn.ensembles.HistGradientBoostingClassifier}
  light: {estimator: lightgbm.LGBMClassifier}
metric: roc_auc
gate: {minimum: 0.5, slice_tolerance: 0.1}
seed: 7
"""
PETS = """\
sources: {history: {path: raw/pets/*.csv, format: csv}}
columns:
  pet: {type: int, required: true}
  born: {type: date}
  seen: {type: timestamp}
  legs: {type: int}
  weight: {type: double}
  is_wild: {type: boolean}
  note: {type: string}
  kind: {type: string, allowed: [cat, dog]}
key: [pet]
label: {name: kind, expression: kind}
split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
"""
PET_MODEL = """\
dataset: pets
task: classification
features:
  numeric: [born, note, is_wild]
  categorical: [seen, weight]
  boolean: [legs]
candidates:
  linear: {estimator: sklearn.linear_model.LogisticRegression}
  trees: {estimator: sklearn.ensemble.HistGradientBoostingClassifier}
  boosted: {estimator: xgboost.XGBClassifier}
metric: roc_auc
positive: cow
gate: {minimum: 0.5, slice_tolerance: 0.1}
seed: 7
"""
TABLES = {part: f"--set=inputs.{part}=azureml:rides_{part}@latest" for part in SPLITS}
RIDES_LATE = ("--set=inputs.model_name=rides_late", *TABLES.values())


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_rooms(tmp_path_factory.mktemp("repository"))


def told(repository: Path, files: Mapping[str, str], *words: str) -> list[str]:
    """Plan with some files of conf, and return what is said to be wrong."""
    for name, text in files.items():
        (repository / "conf" / name).write_text(text)
    done = command("plan", *words, repository=repository)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_all_that_is_wrong_in_contracts_is_told_at_once_with_file_and_line(
    repository: Path,
) -> None:
    files = {"datasets/rides.yml": RIDES, "datasets/cities.yml": CITIES}
    lines = told(repository, files, "data", "--set=inputs.dataset=rides")
    assert [line.partition(";")[0] for line in lines] == [
        "conf/datasets/rides.yml:6: columns: city: 'allowed' has True",
        "conf/datasets/rides.yml:10: rules: 'takes_time': 'tok' is no column",
        (
            "conf/datasets/rides.yml:11: rules: 'is_now': 'current_date' is no function that a "
            "contract may call"
        ),
    ]
    mended = RIDES.replace("[yes, no]", "['yes', 'no']").replace("tok", "took")
    mended = mended.replace("current_date()", "date '2030-01-01'")
    files = {"datasets/rides.yml": mended, "datasets/cities.yml": CITIES}
    lines = told(
        repository, files, "data", "--set=inputs.dataset=rides", "--set=inputs.source=hist"
    )
    assert [line.partition(";")[0] for line in lines] == [
        "conf/datasets/cities.yml: 'key' is missing",
        "aml_pipelines/data.yml:12: dataset 'rides' has no source 'hist'",
    ]


def test_foreign_keys_that_cannot_be_looked_at_are_told(repository: Path) -> None:
    rides = RIDES.replace("[yes, no]", "['yes', 'no']").replace("tok", "took")
    rules = """
table_rules:
  known: {foreign_key: {columns: [took], dataset: cities, references: [city]}}
  there: {foreign_key: {columns: [city], dataset: cities, references: [name]}}
"""
    lands = """
table_rules:
  of_a_land: {foreign_key: {columns: [city], dataset: lands, references: [name]}}
"""
    cities = CITIES.replace("string", "string, required: true") + "key: [city]\nrelated: [lands]\n"
    files = {
        "datasets/rides.yml": rides.replace("day <= current_date()", "took < 600") + rules,
        "datasets/cities.yml": cities + lands,
        "datasets/lands.yml": CITIES.replace("city: {type: string", "name: {type: string")
        .replace("string", "string, required: true")
        .replace("cities", "lands")
        + "key: [name]\n",
    }
    lines = told(repository, files, "data", "--set=inputs.dataset=rides")
    assert lines == [
        (
            "conf/datasets/rides.yml:15: table_rules: 'known' refers from 'took', a int, to 'city' "
            "of 'cities', a string; give both one type"
        ),
        (
            "conf/datasets/rides.yml:16: table_rules: 'there' refers to ['name']; the columns of "
            "'cities' are ['city']"
        ),
        (
            "conf/datasets/cities.yml:7: table_rules: 'of_a_land' refers to dataset 'lands', which "
            "is not cleaned with 'rides'; add it to 'related' of 'rides'"
        ),
    ]


def test_what_a_model_cannot_learn_is_told_before_it_is_trained(repository: Path) -> None:
    mended = RIDES.replace("[yes, no]", "['yes', 'no']").replace("tok", "took")
    files = {
        "datasets/rides.yml": mended.replace("day <= current_date()", "took < 600"),
        "datasets/cities.yml": CITIES + "key: [city]\n",
        "models/rides_late.yml": MODEL,
    }
    assert told(repository, files, "training", *RIDES_LATE) == [
        (
            "conf/models/rides_late.yml:7: candidates: light: estimator 'lightgbm.LGBMClassifier' "
            "is not of ('sklearn', 'xgboost'), which are what the image of training has"
        )
    ]
    files["models/rides_late.yml"] = MODEL.replace("lightgbm.LGBM", "xgboost.XGB")
    files["datasets/cities.yml"] = CITIES.replace("string", "string, required: true")
    files["datasets/cities.yml"] += "key: [city]\n"
    lines = told(repository, files, "training", *RIDES_LATE)
    assert [line.partition(";")[0] for line in lines] == [
        (
            "conf/models/rides_late.yml:5: candidates: linear: estimator "
            "'sklearn.linear_model.LogisticRegresion': 'sklearn.linear_model' has no "
            "'LogisticRegresion'"
        ),
        (
            "conf/models/rides_late.yml:6: candidates: trees: estimator "
            "'sklearn.ensembles.HistGradientBoostingClassifier': there is no module "
            "'sklearn.ensembles'"
        ),
        "conf/datasets/rides.yml: 'split' is missing",
        (
            "conf/models/rides_late.yml:3: features: 'categorical' names ['took'], which tell the "
            "label 'late' (TOOK > 5)"
        ),
        "conf/models/rides_late.yml:3: features: 'numeric' names ['far']",
        (
            "conf/models/rides_late.yml:3: features: 'numeric' lists columns of another type: "
            "'day' (date) is for 'date'"
        ),
    ]


def test_columns_and_a_label_that_do_not_fit_a_model_are_told_with_what_does(
    repository: Path,
) -> None:
    files = {"datasets/pets.yml": PETS, "models/pet_kind.yml": PET_MODEL}
    tables = (f"--set=inputs.{part}=azureml:pets_{part}@latest" for part in SPLITS)
    model = ("--set=inputs.model_name=pet_kind", *tables)
    assert told(repository, files, "training", *model) == [
        (
            "conf/models/pet_kind.yml:12: 'positive' is 'cow', which is none of the classes "
            "['cat', 'dog']"
        ),
        (
            "conf/models/pet_kind.yml:4: features: 'numeric' lists columns of another type: 'born' "
            "(date) is for 'date', 'note' (string) is for 'categorical' or 'text'"
        ),
        (
            "conf/models/pet_kind.yml:5: features: 'categorical' lists columns of another type: "
            "'seen' (timestamp) is for 'date', 'weight' (double) is for 'numeric'"
        ),
        (
            "conf/models/pet_kind.yml:6: features: 'boolean' lists columns of another type: 'legs' "
            "(int) is for 'numeric' or 'categorical'"
        ),
    ]
    regression = {
        "classification": "regression",
        "Classifier": "Regressor",
        "LogisticRegression": "Ridge",
        "roc_auc\npositive: cow": "rmse",
    }
    for name, other in regression.items():
        files["models/pet_kind.yml"] = files["models/pet_kind.yml"].replace(name, other)
    first, *_ = told(repository, files, "training", *model)
    assert first == (
        "conf/models/pet_kind.yml:2: the label 'kind' is a column of string; a regression learns "
        "numbers: 'task' is classification"
    )


def test_a_wrong_monitor_is_told_before_anything_is_watched(repository: Path) -> None:
    words = ("monitoring", "--set=inputs.dataset=flights", "--set=inputs.model_name=flights_late")
    lines = told(repository, {"monitors/flights.yml": "period_days: 0\nweeks: 1\n"}, *words)
    assert [line.partition(";")[0] for line in lines] == [
        "conf/monitors/flights.yml:2: unknown keys ['weeks']",
        "conf/monitors/flights.yml:1: 'period_days' is 0",
    ]


def test_a_model_of_another_dataset_is_told(repository: Path) -> None:
    (line,) = told(repository, {}, "batch_inference", "--set=inputs.dataset=diabetes")
    assert line == (
        "aml_pipelines/batch_inference.yml:1: model 'flights_late' learns from 'flights', and the "
        "pipeline's dataset is diabetes"
    )


def test_a_table_of_another_dataset_is_told_though_it_is_not_there_yet(repository: Path) -> None:
    model = "--set=inputs.model_name=diabetes_progression"
    own = (f"--set=inputs.{part}=azureml:diabetes_{part}@latest" for part in ("train", "test"))
    (line,) = set(told(repository, {}, "training", model, *own))
    assert line.endswith(
        "input 'validation' is 'azureml:flights_validation@latest', and model "
        "'diabetes_progression' learns from 'diabetes'; --set "
        "inputs.validation=azureml:diabetes_validation@latest"
    )
