"""The champion on the rows of its test, as what arrives is held against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from conf.columns import CLASS, SCORE
from conf.profile_columns import ALL, NUMBER, TEXT
from learning.alike import classes_known, score_alike
from learning.gate import Interval
from learning.rows import outcome_of
from monitoring.column_summary import ColumnSummary
from monitoring.importance import importances
from monitoring.performance import ScoresOfTest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from conf.model import Model
    from learning.metrics import Vector
    from monitoring.column_summary import ColumnBins, Summaries
    from scorer import Scorer


@dataclass(frozen=True)
class OnTest:
    """The champion on test: how good it is, how its scores are spread, what its features tell."""

    tested: ScoresOfTest
    scores: Summaries
    importances: Mapping[str, float]


def score_test(
    scorer: Scorer,
    rows: pd.DataFrame,
    bins: Mapping[str, ColumnBins],
    model: Model,
    *,
    metric: Mapping[str, float],
) -> OnTest:
    """Score the rows of a test, which no champion has learnt from.

    `metric` has value, low and high of the model's metric, as the gate has measured it.
    """
    outcome = outcome_of(rows, model, classes_known(scorer), part="test")
    scores = score_alike({"winner": scorer}, rows, model)["winner"]
    scored = scorer.score(rows)
    has_positive = model.task == "classification" and scorer.positive is not None
    is_of_classes = model.task == "classification" and not has_positive
    tested = ScoresOfTest(
        (scores.argmax(axis=1) == outcome).astype("float64") if is_of_classes else outcome,
        scored[SCORE].to_numpy(dtype="float64"),
        has_positive,
        Interval(metric["value"], metric["low"], metric["high"]),
    )
    summaries = {(ALL, SCORE): summarise_numbers(tested.scores, bins[SCORE])}
    if model.task == "classification":
        summaries[ALL, CLASS] = summarise_texts(scored[CLASS].astype("string"), bins[CLASS])
    return OnTest(tested, summaries, importances(scorer, rows, outcome, model))


def summarise_numbers(values: Vector, bins: ColumnBins) -> ColumnSummary:
    """Summarise numbers (n,) as the Spark step does; what is no finite number is null."""
    known = values[np.isfinite(values)]
    size = len(bins.edges) + 1
    places = np.searchsorted(bins.edges, known, side="left")
    return ColumnSummary(
        kind=NUMBER,
        rows=len(values),
        nulls=len(values) - len(known),
        counts=np.bincount(places, minlength=size).astype("float64"),
        bin_totals=np.bincount(places, weights=known, minlength=size).astype("float64"),
        minimum=float(known.min()) if known.size else None,
        maximum=float(known.max()) if known.size else None,
        total=float(known.sum()),
        squares=float(np.square(known).sum()),
    )


def summarise_texts(values: pd.Series, bins: ColumnBins) -> ColumnSummary:
    """Summarise texts as the Spark step does."""
    known = values.dropna()
    counts = [int((known == value).sum()) for value in bins.texts]
    return ColumnSummary(
        kind=TEXT,
        rows=len(values),
        nulls=len(values) - len(known),
        counts=np.array([*counts, len(known) - sum(counts)], dtype="float64"),
    )
