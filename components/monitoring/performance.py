"""How good a model is on each period: estimated before outcomes are known, realised afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from conf.columns import SCORE
from conf.profile_columns import (
    ABSOLUTE_ERROR,
    HIT,
    NEGATIVE_SCORE,
    POSITIVE_SCORE,
    SCORED,
    SQUARED_ERROR,
)
from learning.gate import interval_of
from monitoring.drift import Suspicion
from monitoring.estimate import (
    RESAMPLES,
    ScoreCounts,
    calibrator_of,
    estimate_metric,
    realised_metric,
)
from monitoring.usual import FEWEST_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.model import Model
    from learning.gate import Interval
    from learning.metrics import Vector
    from monitoring.column_summary import ColumnSummary, Summaries, Watching

ERRORS = {"rmse": SQUARED_ERROR, "mae": ABSOLUTE_ERROR}
NO_ESTIMATE = {
    "regression": "no performance is estimated: a prediction does not tell its own error",
    "classes": "no performance is estimated: scores are not of one class against the other",
}


@dataclass(frozen=True)
class ScoresOfTest:
    """The champion on the rows of its test: outcome (n,), score (n,), and the metric's interval.

    Scores are the probability of the positive class, where there is one; `has_positive` says so.
    Of other classes an outcome is 1 where the predicted class is the row's own, and 0 elsewhere.
    """

    outcome: Vector
    scores: Vector
    has_positive: bool
    metric: Interval


@dataclass(frozen=True)
class Performance:
    """The model's metric by period, 0 being the newest: `metric` names what was measured."""

    metric: str
    tested: Interval
    estimated: Mapping[int, Interval]
    realised: Mapping[int, Interval]
    labelled: Mapping[int, int]
    calibration_error: float | None
    silent: str | None


def performance_of(watching: Watching, tested: ScoresOfTest, model: Model) -> Performance:
    """Measure each period that has scores, by the champion's own metric where counts allow it.

    Counts allow every metric of two classes, and rmse and mae; of more classes they have the
    accuracy.
    """
    metric, reference = model.metric, tested.metric
    if model.task == "classification" and not tested.has_positive:
        metric, reference = "accuracy", _accuracy(tested, model)
    realised = {
        period: found
        for period, summaries in watching.periods.items()
        if (found := _realised(summaries, tested, model)) is not None
    }
    labelled = {period: _labelled(summaries) for period, summaries in watching.periods.items()}
    if not tested.has_positive:
        why = NO_ESTIMATE["regression" if model.task == "regression" else "classes"]
        return Performance(metric, reference, {}, realised, labelled, None, why)
    calibrate, error = calibrator_of(tested.scores, tested.outcome)
    estimated = {}
    for period, summaries in watching.periods.items():
        scored = summaries.get((SCORED, SCORE))
        if scored is not None and scored.present >= FEWEST_ROWS:
            found = estimate_metric(scored.bin_means, scored.counts, calibrate, model)
            if found is not None:
                estimated[period] = found
    return Performance(metric, reference, estimated, realised, labelled, error, None)


def losses_of(performance: Performance, *, greater_is_better: bool) -> list[Suspicion]:
    """Return findings on the newest period: an interval that lies wholly on the bad side of test's.

    A realised metric tells more than its estimate, which is judged only without it.
    """
    for kind, measured in (
        ("realised_performance", performance.realised),
        ("estimated_performance", performance.estimated),
    ):
        now = measured.get(0)
        if now is None:
            continue
        tested = performance.tested
        is_worse = now.high < tested.low if greater_is_better else now.low > tested.high
        if not is_worse:
            return []
        how = "" if kind.startswith("realised") else "estimated "
        evidence: dict[str, float | int | str | None] = {
            "metric": performance.metric,
            "value": now.value,
            "low": now.low,
            "high": now.high,
            "reference": tested.value,
            "threshold": tested.low if greater_is_better else tested.high,
        }
        cause = f"{how}{performance.metric} is {now}, and was {tested} on test"
        return [Suspicion(kind, performance.metric, SCORED, cause, evidence)]
    return []


def _realised(summaries: Summaries, tested: ScoresOfTest, model: Model) -> Interval | None:
    if _labelled(summaries) < FEWEST_ROWS:
        return None
    if model.task == "regression":
        error = summaries.get((SCORED, ERRORS.get(model.metric, "")))
        return None if error is None else _mean_error(error, model)
    if not tested.has_positive:
        return _mean_error(summaries[SCORED, HIT], model)
    positive, negative = (summaries[SCORED, name] for name in (POSITIVE_SCORE, NEGATIVE_SCORE))
    totals = positive.sums + negative.sums
    rows = positive.counts + negative.counts
    means = np.divide(totals, rows, out=np.zeros_like(totals), where=rows > 0)
    return realised_metric(ScoreCounts(means, positive.counts, negative.counts), model)


def _labelled(summaries: Summaries) -> int:
    found = [summaries.get((SCORED, name)) for name in (HIT, SQUARED_ERROR)]
    return max((each.present for each in found if each is not None), default=0)


def _mean_error(summary: ColumnSummary, model: Model) -> Interval:
    """Return the mean of errors, or its root, with a bootstrap over bins of like errors."""
    draws = np.random.default_rng(model.seed)
    shares = summary.counts / summary.present
    resampled = draws.multinomial(summary.present, shares, RESAMPLES) @ summary.bin_means
    means = resampled / summary.present
    is_root = model.metric == "rmse"
    told = np.sqrt(means) if is_root else means
    value = np.sqrt(summary.mean) if is_root else summary.mean
    return interval_of(float(value), told.tolist(), model)


def _accuracy(tested: ScoresOfTest, model: Model) -> Interval:
    """Return the share of test rows whose score is that of the class they are of."""
    hits = tested.outcome
    draws = np.random.default_rng(model.seed).binomial(len(hits), hits.mean(), RESAMPLES)
    return interval_of(float(hits.mean()), (draws / len(hits)).tolist(), model)
