"""Decide whether a winner becomes champion: on the same rows, with an interval, by slice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from learning.metrics import MetricError, measure, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.model import Model
    from learning.metrics import Vector

FEWEST_ROWS = 10  # of test: resamples of fewer are alike, and an interval of no width looks sure


@dataclass(frozen=True)
class Interval:
    """An estimate with the ends of its bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class Judgement:
    """The answer to whether the winner passes the gate, with its reasons and measurements."""

    passes: bool
    reasons: tuple[str, ...]
    winner: Interval
    champion: Interval | None
    gain: Interval | None
    slices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def judge(
    outcome: Vector,
    winner: Vector,
    champion: Vector | None,
    slices: pd.DataFrame,
    model: Model,
) -> Judgement:
    """Judge scores (n,) or (n, k) of winner and champion on the same test rows by the model's gate.

    Both are of the same classes, in the same order, as learning.metrics says. `slices` has the
    slice columns of the n rows. Gains are positive where the winner is better,
    whichever way the metric runs. The interval is a paired percentile bootstrap: both models are
    measured on each resample of the rows (Efron and Tibshirani, 1993, chapter 13), drawn within
    each class of a classification, so that no resample lacks one (Robin et al., 2011,
    doi:10.1186/1471-2105-12-77). Raises MetricError where the rows cannot be measured.
    """
    try:
        of_winner, of_champion, gains = resample(outcome, winner, champion, model)
    except MetricError as error:
        raise MetricError(
            f"test has {len(outcome)} rows, and {error}; correct 'split' in "
            f"conf/datasets/{model.dataset}.yml"
        ) from error
    gate, sign = model.gate, (1 if model.greater_is_better else -1)
    reasons = []
    if len(outcome) < FEWEST_ROWS:
        reasons.append(
            f"test has {len(outcome)} rows, and resamples of fewer than {FEWEST_ROWS} tell nothing"
        )
    # written so that NaN, of which nothing is true, passes none of them
    if not sign * of_winner.value >= sign * gate.minimum:
        reasons.append(f"{model.metric} is {of_winner.value:.4f}, the gate asks {gate.minimum:g}")
    by_slice: dict[str, dict[str, float]] = {}
    if champion is not None and gains is not None:
        if not gains.low > gate.minimum_gain:
            reasons.append(
                f"gain over the champion is {gains}; its lower end must exceed "
                f"{gate.minimum_gain:g}"
            )
        by_slice = compare_slices(outcome, winner, champion, slices, model)
        reasons += [
            f"slice {name} is worse by {-measured['gain']:.4f}, the gate tolerates "
            f"{gate.slice_tolerance:g}"
            for name, measured in by_slice.items()
            if not measured["gain"] >= -gate.slice_tolerance
        ]
    return Judgement(not reasons, tuple(reasons), of_winner, of_champion, gains, by_slice)


def resample(
    outcome: Vector, winner: Vector, champion: Vector | None, model: Model
) -> tuple[Interval, Interval | None, Interval | None]:
    """Bootstrap the metric of winner and champion, and the gain, over the same resamples."""
    # scipy.stats.bootstrap draws no strata, and copies the rows of each resample where weights do.
    draws = np.random.default_rng(model.seed)
    strata = _strata(outcome, model)
    sign = 1 if model.greater_is_better else -1
    of_winner, of_champion = [], []
    measure_winner = prepare(model.metric, outcome, winner, threshold=model.threshold)
    other = winner if champion is None else champion
    measure_champion = prepare(model.metric, outcome, other, threshold=model.threshold)
    for _ in range(model.gate.resamples):
        times = np.zeros(len(outcome))
        for rows in strata:
            drawn = draws.integers(0, len(rows), len(rows))
            times[rows] = np.bincount(drawn, minlength=len(rows))
        of_winner.append(measure_winner(times))
        if champion is not None:
            of_champion.append(measure_champion(times))
    once = np.ones(len(outcome))
    first = interval_of(measure_winner(once), of_winner, model)
    if champion is None:
        return first, None, None
    second = interval_of(measure_champion(once), of_champion, model)
    gains = sign * (np.array(of_winner) - np.array(of_champion))
    return first, second, interval_of(sign * (first.value - second.value), gains, model)


def _strata(outcome: Vector, model: Model) -> list[NDArray[np.intp]]:
    """Return the row numbers of each class of a classification, or of all rows."""
    if model.task == "regression":
        return [np.arange(len(outcome))]
    return [np.flatnonzero(outcome == one) for one in np.unique(outcome)]


def compare_slices(
    outcome: Vector,
    winner: Vector,
    champion: Vector,
    slices: pd.DataFrame,
    model: Model,
) -> dict[str, dict[str, float]]:
    """Measure both models on every slice that is large enough and has what the metric needs."""
    sign = 1 if model.greater_is_better else -1
    compared = {}
    for column in slices.columns:
        for value, count in slices[column].value_counts(dropna=False).items():
            is_null = pd.isna(value)
            matches = slices[column].isna() if is_null else slices[column] == value
            inside = matches.to_numpy(dtype=bool)
            has_both = model.task == "regression" or len(set(outcome[inside])) > 1
            if count < model.gate.slice_rows or not has_both:
                continue
            one, other = (
                measure(model.metric, outcome[inside], scores[inside], threshold=model.threshold)
                for scores in (winner, champion)
            )
            compared[f"{column}={'null' if is_null else value}"] = {
                "rows": float(count),
                "winner": one,
                "champion": other,
                "gain": sign * (one - other),
            }
    return compared


def interval_of(value: float, resampled: list[float] | Vector, model: Model) -> Interval:
    """Return an estimate with the percentile interval of the model's confidence."""
    tail = (1 - model.gate.confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(value, float(low), float(high))
