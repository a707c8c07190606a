"""Plots of a model's scores: their ranking, their calibration, and estimates with intervals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("Agg")  # no step has a display

from matplotlib.figure import Figure  # after the backend is chosen
from sklearn.calibration import CalibrationDisplay  # same
from sklearn.metrics import (  # same
    ConfusionMatrixDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
    confusion_matrix,
)

from learning.metrics import predicted_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from learning.gate import Interval
    from learning.metrics import Vector

BINS = 10
SHOWN_CLASSES = 20  # of a confusion matrix that can still be read


def ranking(outcome: Vector, scores: Mapping[str, Vector], task: str) -> Figure:
    """Draw the ROC curve of each model, or in a regression predictions against outcomes.

    Scores (n, k) of k classes are pooled: each row counts k times, for and against each class.
    """
    figure, axes = _square()
    for place, (name, score) in enumerate(scores.items()):
        if task == "classification":
            RocCurveDisplay.from_predictions(
                *pooled(outcome, score), name=name, plot_chance_level=place == 0, ax=axes
            )
        else:
            PredictionErrorDisplay.from_predictions(
                outcome,
                score,
                kind="actual_vs_predicted",
                subsample=None,  # a sample would differ from run to run
                scatter_kwargs={"label": name, "color": f"C{place}", "s": 6},
                ax=axes,
            )
    axes.legend()
    return figure


def calibration(outcome: Vector, scores: Mapping[str, Vector]) -> Figure:
    """Draw the share of a class over its mean score, in bins with equally many rows.

    The class is the positive one; of k classes, all are pooled.
    """
    figure, axes = _square()
    for place, (name, score) in enumerate(scores.items()):
        CalibrationDisplay.from_predictions(
            *pooled(outcome, score),
            n_bins=BINS,
            strategy="quantile",
            name=name,
            ref_line=place == 0,
            ax=axes,
        )
    return figure


def confusion(outcome: Vector, scores: Vector, names: Sequence[str], *, threshold: float) -> Figure:
    """Draw how many rows of each class are predicted as each; rare classes are one, "other"."""
    true, predicted = outcome.astype("int64"), predicted_codes(scores, threshold=threshold)
    frequent = np.argsort(-np.bincount(true, minlength=len(names)), kind="stable")[:SHOWN_CLASSES]
    shown = sorted(frequent.tolist())
    labels = [names[code] for code in shown] + ["other"] * (len(shown) < len(names))
    places = np.full(len(names), len(shown))
    places[shown] = np.arange(len(shown))
    counts = confusion_matrix(places[true], places[predicted], labels=range(len(labels)))
    figure, axes = _square()
    ConfusionMatrixDisplay(counts, display_labels=labels).plot(
        ax=axes, colorbar=False, xticks_rotation="vertical", values_format="d"
    )
    return figure


def pooled(outcome: Vector, scores: Vector) -> tuple[Vector, Vector]:
    """Return outcome and scores of one class against the others, for each of k classes in turn."""
    if scores.ndim == 1:
        return outcome, scores
    is_class = outcome[:, None] == np.arange(scores.shape[1])
    return is_class.astype("float64").ravel(), scores.ravel()


def intervals(estimates: Mapping[str, Interval], metric: str) -> Figure:
    """Draw each estimate with its interval."""
    figure = Figure(figsize=(5, 0.7 + 0.5 * len(estimates)), layout="constrained")
    axes = figure.subplots()
    for place, (name, interval) in enumerate(estimates.items()):
        axes.plot([interval.low, interval.high], [place, place], linewidth=3)
        axes.plot(interval.value, place, "o", color="black")
        axes.annotate(name, (interval.low, place), xytext=(0, 6), textcoords="offset points")
    axes.set(yticks=[], xlabel=metric, ylim=(-0.5, len(estimates)))
    return figure


def as_svg(figure: Figure) -> str:
    """Return a figure as an SVG element that stands in a page."""
    text = io.StringIO()
    figure.savefig(text, format="svg")
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]


def _square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5, 5), layout="constrained")
    return figure, figure.subplots()
