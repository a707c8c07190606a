"""A classifier's metric on rows without an outcome, estimated from its own scores (CBPE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.isotonic import IsotonicRegression

from learning.gate import interval_of
from learning.metrics import MetricError, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from conf.model import Model
    from learning.gate import Interval
    from learning.metrics import Vector

    # From scores (n,) to the probability (n,) that an outcome is positive.
    Calibrator = Callable[[Vector], Vector]

RESAMPLES = 500
CALIBRATION_BINS = 10
FEWEST_TEST_ROWS = 200


@dataclass(frozen=True)
class ScoreCounts:
    """Scores (k,) that stand for bins of rows, with the rows (k,) of a positive and other outcome.

    Each is the mean score of the rows of one bin; no bin has scores on both sides of the threshold.
    """

    scores: Vector
    positive: Vector
    negative: Vector

    @property
    def rows(self) -> Vector:
        total: Vector = self.positive + self.negative
        return total


def calibrator_of(scores: Vector, outcome: Vector) -> tuple[Calibrator, float]:
    """Return what makes probabilities of scores, and the calibration error that is left.

    Scores stay as they are unless isotonic regression on the even test rows lowers the expected
    calibration error of the odd ones; then it is fitted on all of them.
    """
    even, odd = slice(0, None, 2), slice(1, None, 2)
    as_they_are = calibration_error(scores[odd], outcome[odd])
    if len(scores) < FEWEST_TEST_ROWS or len(set(outcome[even])) == 1:
        return lambda told: told, as_they_are
    half = _isotonic(scores[even], outcome[even])
    calibrated = calibration_error(half.predict(scores[odd]), outcome[odd])
    if calibrated >= as_they_are:
        return lambda told: told, as_they_are
    return _isotonic(scores, outcome).predict, calibrated


def calibration_error(probabilities: Vector, outcome: Vector) -> float:
    """Return the expected calibration error over bins with equally many rows.

    The mean difference of probability and share (Naeini et al., 2015, doi:10.1609/aaai.v29i1.9602).
    """
    parts = np.array_split(np.argsort(probabilities, kind="stable"), CALIBRATION_BINS)
    gaps = [abs(probabilities[p].mean() - outcome[p].mean()) * len(p) for p in parts if len(p)]
    return float(np.sum(gaps) / len(outcome))


def estimate_metric(
    scores: Vector, rows: Vector, calibrate: Calibrator, model: Model
) -> Interval | None:
    """Estimate the model's metric on bins of rows (k,) with the mean scores (k,); None without any.

    Confidence-based performance estimation, as NannyML's documentation has it: a row of probability
    p is expected to be positive p times. It assumes that probabilities are calibrated on these rows
    too, which a change of what outcome follows from which features (concept drift) breaks. The
    interval is a parametric bootstrap: rows are drawn anew, and their outcomes by p.
    """
    there = rows > 0
    scores, rows = scores[there], rows[there]
    if not rows.size:
        return None
    p = np.clip(calibrate(scores), 0.0, 1.0)
    draws = np.random.default_rng(model.seed)
    resampled = draws.multinomial(int(rows.sum()), rows / rows.sum(), RESAMPLES)
    positive = draws.binomial(resampled, p)
    expected = ScoreCounts(scores, rows * p, rows * (1 - p))
    drawn = [
        ScoreCounts(scores, yes.astype("float64"), (of - yes).astype("float64"))
        for yes, of in zip(positive, resampled, strict=True)
    ]
    return _interval(expected, drawn, model)


def realised_metric(counts: ScoreCounts, model: Model) -> Interval | None:
    """Measure the model's metric on rows with an outcome, from counts by bins of scores.

    The interval is a percentile bootstrap of the rows (Efron and Tibshirani, 1993, chapter 13);
    rows of one bin and outcome are alike. None where the metric needs outcomes that are not there.
    """
    cells = np.concatenate([counts.positive, counts.negative])
    total = int(cells.sum())
    if not total:
        return None
    draws = np.random.default_rng(model.seed)
    resampled = draws.multinomial(total, cells / cells.sum(), RESAMPLES).astype("float64")
    drawn = [ScoreCounts(counts.scores, *np.split(each, 2)) for each in resampled]
    return _interval(counts, drawn, model)


def measure_counts(counts: ScoreCounts, model: Model) -> float:
    """Measure the model's metric where each bin is a row of either outcome, with its weight."""
    outcome = np.repeat([1.0, 0.0], len(counts.scores))
    weights = np.concatenate([counts.positive, counts.negative])
    there = weights > 0
    scores = np.tile(counts.scores, 2)
    return measure(
        model.metric, outcome[there], scores[there], weights[there], threshold=model.threshold
    )


def _interval(counts: ScoreCounts, drawn: list[ScoreCounts], model: Model) -> Interval | None:
    """Return the metric with its interval; None where these rows, or most draws, have none."""
    value = _measured(counts, model)
    resampled = [each for one in drawn if (each := _measured(one, model)) is not None]
    if value is None or len(resampled) < len(drawn) / 2:
        return None
    return interval_of(value, resampled, model)


def _measured(counts: ScoreCounts, model: Model) -> float | None:
    try:
        return measure_counts(counts, model)
    except MetricError:
        return None


def _isotonic(scores: Vector, outcome: Vector) -> IsotonicRegression:
    return IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, outcome)
