"""The HTML page of a health check: the findings, the columns that they are on, and the metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from conf.profile_columns import ALL, ALL_ROWS, DAY, KIND, ROWS, SCORED, SLICE
from learning.page import render
from monitoring.usual import FEWEST_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from learning.gate import Interval
    from monitoring.column_summary import ColumnBins, ColumnSummary, Watching
    from monitoring.finding import Health, HealthFinding
    from monitoring.performance import Performance

PAGE_NAME = "health.html"
SHOWN = 12  # columns with a picture


def health_page(health: Health, watching: Watching, performance: Performance) -> str:
    """Return the page, which loads nothing from elsewhere."""
    figures = {"Rows by day": rows_by_day(watching.days)}
    if performance.estimated or performance.realised:
        figures[f"{performance.metric} by period"] = metric_by_period(performance, watching)
    figures |= _columns(health, watching)
    return render(
        title=f"{health.dataset}: {health.first_day} to {health.last_day}",
        verdict=health.verdict,
        reasons=[each.cause for each in health.findings],
        tables={
            "Findings": [_row(each) for each in health.findings],
            "Not judged": [{"why": why} for why in health.silent],
            "Model": [
                {
                    "model": f"{health.model_name} v{health.model_version}",
                    "metric": performance.metric,
                    "on test": str(performance.tested),
                    "estimated": str(performance.estimated.get(0, "none")),
                    "realised": str(performance.realised.get(0, "none")),
                }
            ],
        },
        figures=figures,
    )


def rows_by_day(days: pd.DataFrame) -> Figure:
    """Draw how many rows each day has."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    rows = days[days[KIND] == ALL_ROWS].sort_values(DAY)
    axes.plot(rows[DAY].astype("datetime64[ns]"), rows[ROWS], marker=".", linewidth=1)
    axes.set(ylim=(0, None), ylabel="rows")
    figure.autofmt_xdate()
    return figure


def metric_by_period(performance: Performance, watching: Watching) -> Figure:
    """Draw estimated and realised metric with their intervals, over that of the test."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    tested = performance.tested
    axes.axhspan(tested.low, tested.high, alpha=0.2, label="test")
    by_name = {"estimated": performance.estimated, "realised": performance.realised}
    for name, measured in by_name.items():
        if measured:
            _draw_periods(axes, name, measured, watching)
    axes.set(ylabel=performance.metric)
    axes.legend()
    figure.autofmt_xdate()
    return figure


def shares_by_bin(reference: ColumnSummary, current: ColumnSummary, bins: ColumnBins) -> Figure:
    """Draw the share of rows in each bin, in training and now."""
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    names = [*bins.texts, "other"] if bins.texts else _ranges(bins.edges)
    at = np.arange(len(names))
    for place, (name, summary) in enumerate({"training": reference, "now": current}.items()):
        shares = summary.counts / max(summary.present, 1)
        axes.bar(at + 0.4 * place - 0.2, shares, width=0.4, label=name)
    axes.set(ylabel="share of rows")
    axes.set_xticks(at, names, rotation=90)
    axes.legend()
    return figure


def _columns(health: Health, watching: Watching) -> dict[str, Figure]:
    named = dict.fromkeys((f.column, f.slice) for f in health.findings if f.column)
    figures: dict[str, Figure] = {}
    for column, part in named:
        reference = watching.reference.get((part, column or ""))
        summaries = watching.periods[0]
        now = summaries.get((SCORED if part == ALL else part, column or ""))
        if reference and now and now.present >= FEWEST_ROWS and len(figures) < SHOWN:
            title = column if part == ALL else f"{column}, {part}"
            figures[str(title)] = shares_by_bin(reference, now, watching.bins[str(column)])
    return figures


def _row(finding: HealthFinding) -> dict[str, object]:
    return {
        "level": finding.level,
        "kind": finding.kind,
        "column": finding.column or "",
        SLICE: finding.slice,
        "began": finding.began or "",
        "cause": finding.cause,
        "evidence": ", ".join(
            f"{name} {_short(value)}" for name, value in finding.evidence.items()
        ),
        "importance": "" if finding.importance is None else f"{finding.importance:.4f}",
    }


def _short(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _ranges(edges: tuple[float, ...]) -> list[str]:
    return [*(f"≤ {edge:.4g}" for edge in edges), f"> {edges[-1]:.4g}" if edges else "all"]


def _draw_periods(
    axes: Axes, name: str, measured: Mapping[int, Interval], watching: Watching
) -> None:
    periods = sorted(measured, reverse=True)
    ends = np.array([watching.ends[period] for period in periods], dtype="datetime64[ns]")
    values = np.array([measured[period].value for period in periods])
    low = np.array([measured[period].low for period in periods])
    high = np.array([measured[period].high for period in periods])
    axes.errorbar(ends, values, yerr=[values - low, high - values], label=name, capsize=3)
