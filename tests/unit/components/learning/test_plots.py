"""The plots of a model show each of the models that are compared, by name, on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.plots import calibration, ranking

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
