"""The metrics of a model take weights, so that a resample is a vector of counts.

Scores are predictions (n,) in a regression, the probability of code 1 (n,) where one of two classes
is positive, and the probability of each class (n, k) otherwise. An outcome (n,) is a number, or the
code of a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Codes = NDArray[np.intp]
    # Takes the weight (n,) of each row: how often it counts.
    Measurement = Callable[[Vector], float]

THRESHOLD = 0.5
PER_CLASS = 2  # dimensions of scores


class MetricError(ValueError):
    """The rows do not have what a metric needs."""


def measure(
    metric: str,
    outcome: Vector,
    scores: Vector,
    weights: Vector | None = None,
    *,
    threshold: float = THRESHOLD,
) -> float:
    """Return `metric` of scores against outcome (n,), each row counted `weights` (n,) times.

    Raises MetricError when the rows do not have what the metric needs (two classes, say).
    """
    measurement = prepare(metric, outcome, scores, threshold=threshold)
    return measurement(np.ones(len(outcome)) if weights is None else weights)


def prepare(
    metric: str, outcome: Vector, scores: Vector, *, threshold: float = THRESHOLD
) -> Measurement:
    """Return what measures the same scores again and again, with other weights.

    What sorts or compares scores is done once, here. A score above `threshold` predicts code 1.
    """
    if metric in ERRORS:
        return lambda weights: ERRORS[metric](outcome, scores, weights)
    if np.isnan(scores).any():  # of which nothing is true: no gate lets it pass
        return lambda _: float("nan")
    if metric in RANKINGS:
        return _mean_of_rankings(metric, outcome, scores)
    if metric == "log_loss":
        losses = _losses(outcome, scores)
        return lambda weights: float(np.average(losses, weights=weights))
    true, predicted = outcome.astype("int64"), predicted_codes(scores, threshold=threshold)
    return lambda weights: DECISIONS[metric](true, predicted, weights)


def predicted_codes(scores: Vector, *, threshold: float) -> Codes:
    """Return the code (n,) of the class that each row is predicted to be of."""
    if scores.ndim == PER_CLASS:
        most_probable: Codes = scores.argmax(axis=1)
        return most_probable
    return (scores > threshold).astype("int64")


def roc_auc(outcome: Vector, scores: Vector, weights: Vector | None) -> float:
    """Return the area under the ROC curve as the Mann-Whitney statistic; a tie counts half.

    Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    # On scores in order, as the gate's resamples are, scikit-learn's roc_auc_score takes ten times
    # as long; a test compares the two.
    weights = np.ones_like(scores) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.nan) != 0)
    positive = np.add.reduceat((weights * outcome)[order], starts)
    negative = np.add.reduceat((weights * (1 - outcome))[order], starts)
    if not positive.sum() or not negative.sum():
        raise MetricError("roc_auc needs rows of both classes")
    below = np.cumsum(negative) - negative
    pairs = positive @ (below + negative / 2)
    return float(pairs / (positive.sum() * negative.sum()))


def _mean_of_rankings(metric: str, outcome: Vector, scores: Vector) -> Measurement:
    """Rank the positive class; of many, each with rows against the others, and take the mean."""
    columns = (
        {code: scores[:, code] for code in range(scores.shape[1])}
        if scores.ndim == PER_CLASS
        else {1: scores}
    )
    # In order of the scores: sorting what is sorted is quick.
    orders = {code: np.argsort(column, kind="stable") for code, column in columns.items()}
    sorted_once = [
        ((outcome[orders[code]] == code).astype("float64"), column[orders[code]], orders[code])
        for code, column in columns.items()
    ]

    def measured(weights: Vector) -> float:
        ranked = [
            RANKINGS[metric](is_class, column, weights[order])
            for is_class, column, order in sorted_once
            if _has_both(is_class, weights[order])
        ]
        if not ranked:
            raise MetricError(f"{metric} needs rows of both classes")
        return float(np.mean(ranked))

    return measured


def _has_both(is_class: Vector, weights: Vector) -> bool:
    inside = float(weights @ is_class)
    return 0 < inside < float(weights.sum())


def _losses(outcome: Vector, scores: Vector) -> Vector:
    """Return the negative logarithm (n,) of the probability of each row's true class."""
    if scores.ndim == PER_CLASS:
        of_true = scores[np.arange(len(outcome)), outcome.astype("int64")]
    else:
        of_true = np.where(outcome == 1, scores, 1 - scores)
    smallest = np.finfo(of_true.dtype).eps  # a probability of 0 would be infinitely wrong
    losses: Vector = -np.log(np.clip(of_true, smallest, 1 - smallest))
    return losses


def _accuracy(true: Codes, predicted: Codes, weights: Vector) -> float:
    return float(np.average(true == predicted, weights=weights))


def _balanced_accuracy(true: Codes, predicted: Codes, weights: Vector) -> float:
    """Return the mean over classes with rows of the share of a class that is predicted as it."""
    rows = np.bincount(true, weights)
    hits = np.bincount(true, weights * (true == predicted))
    return float(np.mean(hits[rows > 0] / rows[rows > 0]))


def _macro_f1(true: Codes, predicted: Codes, weights: Vector) -> float:
    """Return the mean of F1 over the classes that rows have or are predicted as."""
    size = int(max(true.max(), predicted.max())) + 1
    rows = np.bincount(true, weights, minlength=size)
    found = np.bincount(predicted, weights, minlength=size)
    hits = np.bincount(true, weights * (true == predicted), minlength=size)
    both = rows + found
    return float(np.mean(2 * hits[both > 0] / both[both > 0]))


def _average_precision(y: Vector, s: Vector, w: Vector) -> float:
    return float(metrics.average_precision_score(y, s, sample_weight=w))


# scikit-learn's errors raise where a score is NaN; the gate reads NaN as a failure and says so.
def _rmse(y: Vector, s: Vector, w: Vector) -> float:
    return float(np.sqrt(np.average((y - s) ** 2, weights=w)))


def _mae(y: Vector, s: Vector, w: Vector) -> float:
    return float(np.average(np.abs(y - s), weights=w))


def _r2(y: Vector, s: Vector, w: Vector) -> float:
    if np.count_nonzero(w) < 2:  # noqa: PLR2004 # a single value has no spread
        raise MetricError("r2 needs at least two rows")
    return float(metrics.r2_score(y, s, sample_weight=w))


ERRORS: dict[str, Callable[[Vector, Vector, Vector], float]] = {
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
}
RANKINGS: dict[str, Callable[[Vector, Vector, Vector], float]] = {
    "roc_auc": roc_auc,
    "average_precision": _average_precision,
}
DECISIONS: dict[str, Callable[[Codes, Codes, Vector], float]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "macro_f1": _macro_f1,
}
