"""The metrics of a model take weights, so that a resample is a vector of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Metric = Callable[[Vector, Vector, Vector | None], float]


def measure(metric: str, outcome: Vector, scores: Vector, weights: Vector | None = None) -> float:
    """Return `metric` of scores (n,) against outcome (n,), each row counted `weights` (n,) times.

    For a classification, scores are the probability of class 1. Raises ValueError when the rows
    do not have what the metric needs (both classes, say).
    """
    return float(METRICS[metric](outcome, scores, weights))


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
        raise ValueError("roc_auc needs rows of both classes")
    below = np.cumsum(negative) - negative
    pairs = positive @ (below + negative / 2)
    return float(pairs / (positive.sum() * negative.sum()))


def _average_precision(y: Vector, s: Vector, w: Vector | None) -> float:
    return float(metrics.average_precision_score(y, s, sample_weight=w))


def _log_loss(y: Vector, s: Vector, w: Vector | None) -> float:
    return float(metrics.log_loss(y, s, sample_weight=w, labels=[0, 1]))


# scikit-learn's errors raise where a score is NaN; the gate reads NaN as a failure and says so.
def _rmse(y: Vector, s: Vector, w: Vector | None) -> float:
    return float(np.sqrt(np.average((y - s) ** 2, weights=w)))


def _mae(y: Vector, s: Vector, w: Vector | None) -> float:
    return float(np.average(np.abs(y - s), weights=w))


def _r2(y: Vector, s: Vector, w: Vector | None) -> float:
    return float(metrics.r2_score(y, s, sample_weight=w))


METRICS: dict[str, Metric] = {
    "roc_auc": roc_auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
}
