"""The plots of a model show each of the models that are compared, by name, on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.plots import calibration, confusion, ranking

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LATE = np.array([0.0, 0.0, 1.0, 1.0])
SCORES = {"winner": np.array([0.1, 0.2, 0.8, 0.9]), "champion": np.array([0.2, 0.7, 0.6, 0.9])}


def legend_of(figure: Figure) -> list[str]:
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_a_ranking_names_the_area_under_each_curve() -> None:
    # Of four pairs of an early and a late trip, the champion has 0.7 over 0.6 in the wrong order.
    assert legend_of(ranking(LATE, SCORES, "classification")) == [
        "winner (AUC = 1.00)",
        "Chance level (AUC = 0.5)",
        "champion (AUC = 0.75)",
    ]


def test_a_regression_shows_every_row_of_every_model() -> None:
    delays = np.arange(2000.0)
    figure = ranking(delays, {"winner": delays + 1, "champion": delays - 1}, "regression")
    assert legend_of(figure) == ["winner", "champion"]
    drawn = [np.asarray(points.get_offsets()) for points in figure.axes[0].collections]
    assert [len(points) for points in drawn] == [2000, 2000]


def test_a_calibration_has_bins_of_equally_many_rows() -> None:
    scores = np.array([0.1, 0.11, 0.12, 0.13, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95] * 2)
    figure = calibration((scores > 0.5).astype(float), {"winner": scores})
    assert legend_of(figure) == ["Perfectly calibrated", "winner"]
    means = np.asarray(figure.axes[0].get_lines()[1].get_xdata())
    assert len(means) == 10  # bins of equal width would be two


OF_THREE = np.array([0.0, 1.0, 2.0, 2.0])
THREE = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.1, 0.4], [0.1, 0.1, 0.8]])


def test_a_ranking_of_many_classes_pools_them() -> None:
    # Four of twelve pairs of row and class are true: 0.8, 0.7, 0.6, 0.4, and one other has 0.5.
    assert legend_of(ranking(OF_THREE, {"winner": THREE}, "classification")) == [
        "winner (AUC = 0.97)",
        "Chance level (AUC = 0.5)",
    ]
    assert legend_of(calibration(OF_THREE, {"winner": THREE}))[1] == "winner"


def shown(figure: Figure) -> tuple[list[str], list[str]]:
    """Return the classes along a confusion matrix, and the numbers in it."""
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_xticklabels()]
    return labels, [text.get_text() for text in axes.texts]


def test_a_confusion_matrix_counts_the_rows_of_each_class_by_what_they_are_taken_for() -> None:
    figure = confusion(OF_THREE, THREE, ["corn", "oat", "rye"], threshold=0.5)
    assert shown(figure) == (["corn", "oat", "rye"], list("100010101"))
    pair = confusion(LATE, SCORES["winner"], ["on time", "late"], threshold=0.85)
    assert shown(pair) == (["on time", "late"], list("2011"))


def test_of_very_many_classes_the_rare_ones_are_one() -> None:
    outcome = np.concatenate([np.arange(25), np.arange(5, 25)]).astype("float64")
    scores = np.eye(25)[outcome.astype(int)]
    labels, counts = shown(confusion(outcome, scores, [f"c{n}" for n in range(25)], threshold=0.5))
    assert labels == [*(f"c{n}" for n in range(5, 25)), "other"]
    assert counts[-1] == "5"
