"""Pictures of a model: how scores rank, whether they mean what they say, who was compared."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

mpl.use("Agg")  # no step has a display

from matplotlib.figure import Figure  # after the backend is chosen
from sklearn.metrics import roc_curve  # same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.gate import Interval
    from learning.metrics import Vector

BINS = 10


def ranking(outcome: Vector, scores: Mapping[str, Vector], task: str) -> Figure:
    """Draw ROC curves, or for a regression predictions against outcomes."""
    figure = Figure(figsize=(5, 4.4), layout="constrained")
    axes = figure.subplots()
    for name, score in scores.items():
        if task == "classification":
            false_positive, true_positive, _ = roc_curve(outcome, score)
            axes.plot(false_positive, true_positive, label=name)
        else:
            axes.plot(outcome, score, ".", markersize=3, label=name)
    ends = [0, 1] if task == "classification" else [outcome.min(), outcome.max()]
    axes.plot(ends, ends, color="grey", linewidth=0.8)
    names = ("false positive rate", "true positive rate")
    axes.set(
        xlabel=names[0] if task == "classification" else "outcome",
        ylabel=names[1] if task == "classification" else "prediction",
    )
    axes.legend()
    return figure


def calibration(outcome: Vector, scores: Mapping[str, Vector]) -> Figure:
    """Draw the mean outcome over the mean score, in bins with equally many rows."""
    figure = Figure(figsize=(5, 4.4), layout="constrained")
    axes = figure.subplots()
    for name, score in scores.items():
        parts = np.array_split(np.argsort(score, kind="stable"), BINS)
        filled = [part for part in parts if len(part)]
        means = [(score[part].mean(), outcome[part].mean()) for part in filled]
        axes.plot(*zip(*means, strict=True), marker="o", label=name)
    low, high = axes.get_xlim()
    axes.plot([low, high], [low, high], color="grey", linewidth=0.8)
    axes.set(xlabel="mean score", ylabel="mean outcome")
    axes.legend()
    return figure


def intervals(found: Mapping[str, Interval], metric: str) -> Figure:
    """Draw each estimate with its interval."""
    figure = Figure(figsize=(5, 0.7 + 0.5 * len(found)), layout="constrained")
    axes = figure.subplots()
    for place, (name, interval) in enumerate(found.items()):
        axes.plot([interval.low, interval.high], [place, place], linewidth=3)
        axes.plot(interval.value, place, "o", color="black")
        axes.annotate(name, (interval.low, place), xytext=(0, 6), textcoords="offset points")
    axes.set(yticks=[], xlabel=metric, ylim=(-0.5, len(found)))
    return figure


def as_svg(figure: Figure) -> str:
    """Give a figure as an SVG element that stands in a page."""
    text = io.StringIO()
    figure.savefig(text, format="svg")
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]
