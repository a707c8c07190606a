"""Metrics from counts of scores are those of the rows, estimated before and realised after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from learning.gate import Interval
from monitoring.column_summary import ColumnSummary, Watching
from monitoring.estimate import (
    ScoreCounts,
    calibration_error,
    calibrator_of,
    estimate_metric,
    realised_metric,
)
from monitoring.performance import Performance, ScoresOfTest, losses_of, performance_of
from tests.unit.components.monitoring.planted import LAST, MODEL

DRAWS = np.random.default_rng(11)
SCORES = DRAWS.beta(2, 4, 20_000)
OUTCOME = (DRAWS.random(20_000) < SCORES).astype("float64")
EDGES = np.arange(1, 25) / 25
EDGES = np.unique(np.append(EDGES, MODEL.threshold))
PLACES = np.searchsorted(EDGES, SCORES)
SIZE = len(EDGES) + 1
ROWS = np.bincount(PLACES, minlength=SIZE).astype("float64")
MEANS = np.divide(np.bincount(PLACES, SCORES, SIZE), ROWS, out=np.zeros(SIZE), where=ROWS > 0)
POSITIVE = np.bincount(PLACES, OUTCOME, SIZE).astype("float64")


@pytest.mark.parametrize(
    ("metric", "of_rows"),
    [
        ("roc_auc", roc_auc_score(OUTCOME, SCORES)),
        ("log_loss", log_loss(OUTCOME, SCORES)),
        ("accuracy", accuracy_score(OUTCOME, SCORES > 0.5)),
    ],
)
def test_estimate_and_realised_metric_are_near_that_of_the_rows(
    metric: str, of_rows: float
) -> None:
    model = replace(MODEL, metric=metric)
    estimated = estimate_metric(MEANS, ROWS, lambda scores: scores, model)
    realised = realised_metric(ScoreCounts(MEANS, POSITIVE, ROWS - POSITIVE), model)
    assert estimated is not None
    assert realised is not None
    assert realised.value == pytest.approx(of_rows, abs=0.002)
    assert estimated.value == pytest.approx(of_rows, abs=0.01)
    assert estimated.low < of_rows < estimated.high
    assert realised.low < of_rows < realised.high
    assert estimated.high - estimated.low < 0.05


def test_accuracy_from_counts_is_exactly_that_of_the_rows() -> None:
    model = replace(MODEL, metric="accuracy")
    realised = realised_metric(ScoreCounts(MEANS, POSITIVE, ROWS - POSITIVE), model)
    assert realised is not None
    assert realised.value == pytest.approx(accuracy_score(OUTCOME, SCORES > 0.5))


def test_scores_that_are_no_probabilities_are_calibrated_on_test_first() -> None:
    overconfident = SCORES**3
    assert calibration_error(overconfident, OUTCOME) > 0.1
    calibrate, left = calibrator_of(overconfident, OUTCOME)
    assert left < 0.02
    assert calibrate(np.array([0.5**3]))[0] == pytest.approx(0.5, abs=0.05)
    as_they_are, _ = calibrator_of(SCORES[:150], OUTCOME[:150])
    assert as_they_are(np.array([0.3]))[0] == 0.3


def test_without_scores_or_outcomes_there_is_no_metric() -> None:
    nothing = np.zeros(SIZE)
    assert estimate_metric(MEANS, nothing, lambda scores: scores, MODEL) is None
    assert realised_metric(ScoreCounts(MEANS, nothing, nothing), MODEL) is None
    assert realised_metric(ScoreCounts(MEANS, POSITIVE, nothing), MODEL) is None  # one class


def test_calibration_error_is_the_mean_gap_of_bins() -> None:
    probabilities = np.repeat([0.2, 0.8], 10)
    outcome = np.array([1.0] * 4 + [0.0] * 6 + [1.0] * 6 + [0.0] * 4)
    # Ten bins of two rows: gaps 0.8, 0.8, 0.2 three times, and the same mirrored.
    assert calibration_error(probabilities, outcome) == pytest.approx((2 * 0.8 + 3 * 0.2) / 5)


def test_a_regressions_realised_error_is_that_of_its_rows_and_no_estimate_is_made() -> None:
    errors = DRAWS.gamma(2, 3, 500)
    squares = errors**2
    places = np.searchsorted(np.arange(1, 30) ** 2.0, squares)
    summary = ColumnSummary(
        kind="number",
        rows=600,
        nulls=100,
        counts=np.bincount(places, minlength=30).astype("float64"),
        bin_totals=np.bincount(places, squares, 30).astype("float64"),
        total=float(squares.sum()),
    )
    model = replace(MODEL, task="regression", metric="rmse")
    tested = ScoresOfTest(
        np.zeros(3), np.zeros(3), has_positive=False, metric=Interval(4.0, 3.9, 4.1)
    )
    watching = Watching(
        {}, {}, {0: {("scored", "squared_error"): summary}}, {0: LAST}, pd.DataFrame()
    )
    found = performance_of(watching, tested, model)
    rmse = float(np.sqrt(squares.mean()))
    assert found.realised[0].value == pytest.approx(rmse)
    draws = np.random.default_rng(1).choice(squares, (2000, 500))
    low, high = np.quantile(np.sqrt(draws.mean(axis=1)), [0.025, 0.975])
    assert found.realised[0].low == pytest.approx(low, abs=0.1)
    assert found.realised[0].high == pytest.approx(high, abs=0.1)
    assert found.estimated == {}
    assert found.silent == "no performance is estimated: a prediction does not tell its own error"
    (loss,) = losses_of(found, greater_is_better=False)
    assert loss.kind == "realised_performance"
    assert losses_of(found, greater_is_better=True) == []


def test_what_is_realised_is_judged_before_what_is_estimated() -> None:
    tested = Interval(0.75, 0.7, 0.8)
    worse, alike = Interval(0.6, 0.55, 0.65), Interval(0.74, 0.7, 0.78)

    def lost(estimated: Interval, realised: Interval | None) -> list[str]:
        of_now = {} if realised is None else {0: realised}
        found = Performance("roc_auc", tested, {0: estimated}, of_now, {}, None, None)
        return [each.kind for each in losses_of(found, greater_is_better=True)]

    assert lost(worse, None) == ["estimated_performance"]
    assert lost(worse, alike) == []
    assert lost(alike, worse) == ["realised_performance"]
    assert lost(alike, None) == []
