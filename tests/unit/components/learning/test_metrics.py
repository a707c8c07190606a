"""Metrics equal values that were counted by hand, and scikit-learn's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    roc_auc_score,
)

from learning.metrics import MetricError, measure, prepare, roc_auc

if TYPE_CHECKING:
    from learning.metrics import Vector


def vector(*values: float) -> Vector:
    return np.array(values, dtype="float64")


def test_the_area_under_the_curve_counts_pairs_and_a_tie_as_half() -> None:
    outcome = vector(1, 1, 0, 0)
    scores = vector(0.9, 0.4, 0.4, 0.1)
    # 0.9 is above both others, 0.4 ties with one and is above the other: (2 + 1.5) / 4 pairs.
    assert roc_auc(outcome, scores, None) == 0.875


def test_a_row_that_counts_twice_is_as_good_as_two_rows() -> None:
    once = roc_auc(vector(1, 1, 0), vector(0.9, 0.2, 0.5), vector(2, 1, 1))
    # Of three pairs, the two of the row 0.9 are in order: 2 / 3.
    assert once == pytest.approx(2 / 3)


def test_a_row_that_is_not_in_the_resample_does_not_count() -> None:
    assert roc_auc(vector(1, 1, 0), vector(0.9, 0.2, 0.5), vector(1, 0, 1)) == 1.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0]),
            st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0]),
            st.integers(0, 3),
        ),
        min_size=2,
        max_size=40,
    )
)
def test_the_area_is_what_scikit_learn_says(rows: list[tuple[float, float, int]]) -> None:
    outcome, scores, weights = (vector(*column) for column in zip(*rows, strict=True))
    assume({0.0, 1.0} <= set(outcome[weights > 0]))
    expected = roc_auc_score(outcome, scores, sample_weight=weights)
    assert roc_auc(outcome, scores, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("outcome", [vector(1, 1), vector(0, 0)])
def test_there_is_no_area_without_rows_of_both_classes(outcome: Vector) -> None:
    with pytest.raises(ValueError, match="rows of both classes"):
        roc_auc(outcome, vector(0.1, 0.2), None)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("rmse", 3.5355339),  # errors 3 and 4: the root of (9 + 16) / 2
        ("mae", 3.5),
        ("r2", 0.5),  # squared errors 25 of the squared distances to the mean 5: 25 + 25
    ],
)
def test_a_row_without_weight_does_not_count_as_an_error(metric: str, expected: float) -> None:
    outcome, scores = vector(0, 10, 99), vector(3, 14, 0)
    assert measure(metric, outcome, scores, vector(1, 1, 0)) == pytest.approx(expected)


def test_probabilities_are_measured_even_where_one_class_is_absent() -> None:
    assert measure("log_loss", vector(1, 1), vector(0.5, 0.5)) == pytest.approx(0.6931472)
    assert measure("average_precision", vector(0, 1), vector(0.2, 0.9)) == 1.0


# Four rows of three classes; the third is taken for class 0.
THREE = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.1, 0.4], [0.1, 0.1, 0.8]])
OF_THREE = vector(0, 1, 2, 2)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", 3 / 4),
        ("balanced_accuracy", 5 / 6),  # all, all and half of the classes' rows
        ("macro_f1", 7 / 9),  # two thirds, one, and two thirds
        ("log_loss", 0.5017337),  # of 0.6, 0.7, 0.4 and 0.8
        ("roc_auc", 1.0),  # each class has its greatest scores in its own rows
        ("average_precision", 1.0),
    ],
)
def test_metrics_of_three_classes_equal_what_was_counted_by_hand(
    metric: str, expected: float
) -> None:
    assert measure(metric, OF_THREE, THREE) == pytest.approx(expected, abs=1e-6)


def test_a_class_without_rows_does_not_count() -> None:
    outcome = vector(0, 1, 2, 2)
    weights = vector(1, 1, 0, 0)
    assert measure("balanced_accuracy", outcome, THREE, weights) == 1.0
    assert measure("macro_f1", outcome, THREE, weights) == 1.0
    assert measure("roc_auc", outcome, THREE, weights) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_metrics_of_many_classes_are_what_scikit_learn_says(seed: int) -> None:
    draws = np.random.default_rng(seed)
    outcome = draws.permutation(np.arange(60) % 4)
    scores = draws.dirichlet(np.ones(4), 60).round(2)
    scores[:, 0] = 1 - scores[:, 1:].sum(axis=1)
    weights = draws.integers(0, 3, 60).astype("float64")
    predicted = scores.argmax(axis=1)
    one_hot = (outcome[:, None] == np.arange(4)).astype("float64")
    expected = {
        "accuracy": accuracy_score(outcome, predicted, sample_weight=weights),
        "balanced_accuracy": balanced_accuracy_score(outcome, predicted, sample_weight=weights),
        "macro_f1": f1_score(outcome, predicted, average="macro", sample_weight=weights),
        "roc_auc": roc_auc_score(one_hot, scores, average="macro", sample_weight=weights),
        "average_precision": average_precision_score(one_hot, scores, sample_weight=weights),
    }
    found = {m: measure(m, outcome.astype("float64"), scores, weights) for m in expected}
    assert found == pytest.approx(expected, abs=1e-12)
    probabilities = np.clip(scores, 1e-9, None)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    loss = measure("log_loss", outcome.astype("float64"), probabilities, weights)
    assert loss == pytest.approx(log_loss(outcome, probabilities, sample_weight=weights))


def test_a_score_above_the_threshold_predicts_the_positive_class() -> None:
    outcome, scores = vector(1, 0, 0), vector(0.4, 0.3, 0.2)
    assert measure("accuracy", outcome, scores) == pytest.approx(2 / 3)
    assert measure("accuracy", outcome, scores, threshold=0.3) == 1.0
    assert measure("macro_f1", outcome, scores) == pytest.approx(0.4)  # 0.8 and nothing


def test_a_measurement_may_be_repeated_with_other_weights() -> None:
    measurement = prepare("roc_auc", vector(1, 0, 1), vector(0.9, 0.5, 0.2))
    assert [measurement(vector(1, 1, 0)), measurement(vector(1, 1, 1))] == [1.0, 0.5]


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "log_loss", "macro_f1"])
def test_a_row_that_has_no_number_for_a_score_makes_a_metric_no_number(metric: str) -> None:
    assert np.isnan(measure(metric, vector(0, 1), vector(0.1, np.nan)))


def test_rows_of_one_class_cannot_be_ranked_and_one_row_has_no_spread() -> None:
    with pytest.raises(MetricError, match="average_precision needs rows of both classes"):
        measure("average_precision", vector(0, 0), vector(0.1, 0.2))
    with pytest.raises(MetricError, match="roc_auc needs rows of both classes"):
        measure("roc_auc", vector(2, 2), THREE[:2])
    with pytest.raises(MetricError, match="r2 needs at least two rows"):
        measure("r2", vector(1), vector(1))
