"""Metrics equal values that were counted by hand, and scikit-learn's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from learning.metrics import measure, roc_auc

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
