"""A champion is compared with a winner by the names of their classes, or refused by a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from learning.alike import class_names, classes_known, score_alike
from learning.champion import ChampionError
from learning.classes import Classes
from scorer import Scorer
from tests.unit.components.models import model_of

ROWS = pd.DataFrame({"distance": [1.0, 2.0]})


@dataclass
class Constant:
    """A loaded model that has learnt its predictions by heart."""

    predictions: list[list[float]] | list[float]

    @property
    def metadata(self) -> Constant:
        return self

    def get_input_schema(self) -> Constant:
        return self

    @property
    def inputs(self) -> list[object]:
        return []

    def predict(self, features: pd.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        del features
        return np.array(self.predictions)


def classifier(
    predictions: list[list[float]], *classes: str | int, positive: str | int | None = None
) -> Scorer:
    return Scorer(Constant(predictions), "classification", 0.5, classes, positive)


def test_the_columns_of_a_champion_follow_the_winners_classes() -> None:
    winner = classifier([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], "corn", "oat", "rye")
    champion = classifier([[0.1, 0.3, 0.6], [0.2, 0.5, 0.3]], "rye", "corn", "oat")
    scorers = {"winner": winner, "champion": champion}
    scores = score_alike(scorers, ROWS, model_of())
    assert scores["winner"].tolist() == [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]
    assert scores["champion"].tolist() == [[0.3, 0.6, 0.1], [0.5, 0.3, 0.2]]
    assert class_names(scorers) == ["corn", "oat", "rye"]


def test_a_class_that_the_champion_never_saw_is_impossible_to_it_and_its_own_ones_come_last() -> (
    None
):
    winner = classifier([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], "corn", "oat", "rye")
    champion = classifier([[0.1, 0.3, 0.6], [0.2, 0.5, 0.3]], "rice", "corn", "oat")
    scorers = {"winner": winner, "champion": champion}
    scores = score_alike(scorers, ROWS, model_of())
    assert class_names(scorers) == ["corn", "oat", "rye", "rice"]
    assert scores["winner"].tolist() == [[0.7, 0.2, 0.1, 0.0], [0.1, 0.1, 0.8, 0.0]]
    assert scores["champion"].tolist() == [[0.3, 0.6, 0.0, 0.1], [0.5, 0.3, 0.0, 0.2]]


def test_both_are_measured_by_the_class_that_is_positive_to_the_winner() -> None:
    winner = classifier([[0.7, 0.3], [0.1, 0.9]], "on time", "late", positive="late")
    champion = classifier([[0.6, 0.4], [0.2, 0.8]], "late", "on time", positive="on time")
    scores = score_alike({"winner": winner, "champion": champion}, ROWS, model_of())
    assert {name: column.tolist() for name, column in scores.items()} == {
        "winner": [0.3, 0.9],
        "champion": [0.6, 0.2],
    }


def test_a_regression_has_no_classes() -> None:
    winner = Scorer(Constant([1.5, 2.5]), "regression", 0.5)
    assert classes_known(winner) is None
    assert class_names({"winner": winner}) == []
    scores = score_alike({"winner": winner}, ROWS, model_of(task="regression", metric="rmse"))
    assert scores["winner"].tolist() == [1.5, 2.5]
    assert classes_known(classifier([[0.5, 0.5]], "a", "b", positive="b")) == Classes(
        ("a", "b"), "b"
    )


@pytest.mark.parametrize(
    ("champion", "message"),
    [
        (
            Scorer(Constant([1.0, 2.0]), "regression", 0.5),
            "the champion of 'late' is of the task regression, and the winner of classification",
        ),
        (
            classifier([[0.5, 0.5]], 0, 1, positive=1),
            "the champion of 'late' knows the classes [0, 1], and not 'late': they cannot be",
        ),
    ],
)
def test_a_champion_that_cannot_be_compared_is_refused_and_told_what_helps(
    champion: Scorer, message: str
) -> None:
    winner = classifier([[0.7, 0.3]], "on time", "late", positive="late")
    with pytest.raises(ChampionError, match=re.escape(message)) as refused:
        score_alike({"winner": winner, "champion": champion}, ROWS[:1], model_of())
    assert "take the tag 'champion' off" in str(refused.value)
