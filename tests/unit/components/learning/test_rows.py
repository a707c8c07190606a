"""A model's inputs and outcome are selected from the rows of a table, or refused by name."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from learning.classes import Classes, ClassesError, class_weights
from learning.column_kinds import TrainingRowsError
from learning.rows import classes_of, features_of, label_of, outcome_of
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


def test_columns_of_another_kind_are_refused_and_told_where_they_belong() -> None:
    rows = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-02", None]),
            "word": ["far", None],
            "share": [0.5, None],
            "is_open": [True, None],
            "city": ["Ulm", None],
            "floor": [3.0, None],
            "void": [None, None],
        }
    )
    message = (
        "model 'late': 'numeric' lists columns of another kind: 'day' (datetime64[ns]) is for "
        "'date', 'word' (object) is for 'categorical' or 'text'; 'categorical' lists columns of "
        "another kind: 'share' (float64) is for 'numeric'; 'date' lists columns of another kind: "
        "'is_open' (object) is for 'numeric' or 'categorical' or 'boolean'; correct 'features' in "
        "conf/models/late.yml"
    )
    spec = model_of(
        numeric=("day", "word", "void"),
        categorical=("city", "floor", "share"),
        date=("is_open",),
    )
    with pytest.raises(TrainingRowsError, match=re.escape(message)):
        features_of(rows, spec)


def test_features_are_typed_by_their_kind_whatever_a_table_stores() -> None:
    rows = pd.DataFrame(
        {
            "distance": pd.Series([Decimal("1.5"), None], dtype="object"),
            "floor": [3.0, None],  # a whole number among nulls
            "is_open": pd.Series([True, None], dtype="object"),
            "day": pd.Series([dt.date(9999, 12, 31), None], dtype="object"),
            "note": pd.Series(["so far", pd.NA], dtype="string"),
        }
    )
    spec = model_of(categorical=("floor", "is_open"), boolean=(), date=("day",), text=("note",))
    features = features_of(rows, spec)
    assert {name: str(kind) for name, kind in features.dtypes.items()} == {
        "distance": "float64",
        "floor": "object",
        "is_open": "object",
        "day": "datetime64[ns]",
        "note": "object",
    }
    assert features.iloc[0].tolist() == [1.5, "3", "true", pd.Timestamp("2262-04-11"), "so far"]
    assert features.iloc[1].isna().all()


def test_the_label_is_that_of_the_models_dataset() -> None:
    assert label_of(model_of()) == "target"


def learn(
    labels: list[object],
    **fields: Any,  # noqa: ANN401 # fields of Model
) -> tuple[Classes | None, list[float]]:
    """Learn the classes of these labels, and code the labels by them."""
    rows, spec = pd.DataFrame({"target": labels}), model_of(**fields)
    classes = classes_of(rows, spec)
    return classes, outcome_of(rows, spec, classes, part="train").tolist()


def test_conditions_and_the_numbers_0_and_1_are_the_classes_0_and_1() -> None:
    expected = (Classes((0, 1), 1), [1.0, 0.0, 0.0])
    assert learn([True, False, False]) == expected
    assert learn([1.0, 0.0, 0.0]) == expected
    assert learn([1, 0, 0]) == expected


def test_of_two_words_the_positive_one_has_code_1() -> None:
    late_is_positive = (Classes(("on time", "late"), "late"), [1.0, 0.0])
    assert learn(["late", "on time"], positive="late") == late_is_positive
    assert learn(["late", "on time"], positive="on time") == (
        Classes(("late", "on time"), "on time"),
        [0.0, 1.0],
    )
    assert learn([2, 1, 1], positive=1) == (Classes((2, 1), 1), [0.0, 1.0, 1.0])


def test_many_classes_are_coded_in_their_order_or_in_that_which_is_stated() -> None:
    assert learn(["rye", "oat", "oat", "corn"]) == (
        Classes(("corn", "oat", "rye"), None),
        [2.0, 1.0, 1.0, 0.0],
    )
    assert learn([10, 9, 2]) == (Classes((2, 9, 10), None), [2.0, 1.0, 0.0])
    stated = learn(["rye", "oat", "corn"], classes=("oat", "rye", "corn"))
    assert stated == (Classes(("oat", "rye", "corn"), None), [1.0, 0.0, 2.0])


@pytest.mark.parametrize(
    ("labels", "fields", "message"),
    [
        (["a", "b"], {}, "state which of the two classes ['a', 'b'] is 'positive'"),
        (["a", "b"], {"positive": "c"}, "'positive' is 'c', which is none of the classes"),
        (["a", "b", "c"], {"positive": "a"}, "'positive' is one of two classes; the label has 3"),
        (["a", "a"], {}, "one class only in train, ['a'] in 2 rows"),
        (["a", "b"], {"classes": ("a", "b", "c")}, "no row of train is of the classes ['c']"),
        (["a", "b", "c"], {"classes": ("a", "b"), "positive": "a"}, "in train that the model"),
        ([str(n) for n in range(20)], {}, "20 classes in 20 rows of train; a class needs several"),
        ([3_000_000_000, 2, 1], {}, "the classes [3000000000] are too large for an int"),
    ],
)
def test_classes_that_cannot_be_learnt_are_refused_with_what_helps(
    labels: list[object], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClassesError, match=re.escape(message)):
        learn(labels, **fields)


def test_a_class_that_training_never_saw_is_named_with_its_rows_and_the_remedy() -> None:
    rows = pd.DataFrame({"target": ["oat", "spelt", "spelt"]})
    message = (
        "label 'target' has values in test that the model has not learnt: 'spelt' in 2 rows; it "
        "knows ['corn', 'oat', 'rye']; split so that train has them"
    )
    known = Classes(("corn", "oat", "rye"), None)
    with pytest.raises(ClassesError, match=re.escape(message)):
        outcome_of(rows, model_of(), known, part="test")


def test_a_missing_label_and_unknown_outcomes_are_refused() -> None:
    with pytest.raises(
        TrainingRowsError, match=re.escape("has no label 'target'; it has ['city']")
    ):
        classes_of(pd.DataFrame({"city": ["Ulm"]}), model_of())
    with pytest.raises(TrainingRowsError, match="label 'target' is unknown in 2 rows"):
        learn([1.0, None, None])


def test_a_number_is_no_class_and_a_word_no_number() -> None:
    with pytest.raises(TrainingRowsError, match=re.escape("has the values [2.5]; a classif")):
        learn([1.0, 2.5])
    assert learn([1.0, 2.5], task="regression", metric="rmse") == (None, [1.0, 2.5])
    with pytest.raises(TrainingRowsError, match="holds what is no number, such as 'far'"):
        learn(["far"], task="regression", metric="rmse")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (None, None),
        ("balanced", [0.75, 0.75, 1.5]),  # of three rows, each class weighs half
        ({"late": 5.0}, [1.0, 1.0, 5.0]),
    ],
)
def test_rows_weigh_by_their_class(
    stated: str | dict[str, float] | None, expected: list[float] | None
) -> None:
    classes = Classes(("on time", "late"), "late")
    weights = class_weights(np.array([0.0, 0.0, 1.0]), classes, model_of(class_weights=stated))
    assert (None if weights is None else weights.tolist()) == expected


def test_the_weight_of_no_class_is_refused() -> None:
    spec, classes = model_of(class_weights={"later": 2.0}), Classes(("on time", "late"), "late")
    message = "class_weights names ['later']; the classes are ['on time', 'late']"
    with pytest.raises(ClassesError, match=re.escape(message)):
        class_weights(np.array([0.0, 1.0]), classes, spec)
