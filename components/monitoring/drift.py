"""Differences of a column from the training release that may be findings: shape, values, nulls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from conf.profile_columns import NUMBER
from monitoring.distances import (
    chi_square,
    distribution_function,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
    wasserstein_distance,
)
from monitoring.units import unit_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conf.monitor import Monitor
    from monitoring.column_summary import ColumnBins, ColumnSummary

FEWEST_ROWS = 20  # with a value: of fewer nothing is said
LEAST_SHARE = 0.01  # of training: rarer values come and go


@dataclass(frozen=True)
class Suspicion:
    """What is a finding if it is no chance: by its p-value among those of all tests.

    Without a p-value it is one already: a distance beyond its threshold.
    """

    kind: str
    column: str
    slice: str
    cause: str
    evidence: Mapping[str, float | int | str | None] = field(default_factory=dict)
    p_value: float | None = None


def suspicions_of(
    column: str,
    part: str,
    reference: ColumnSummary,
    current: ColumnSummary,
    bins: ColumnBins,
    *,
    monitor: Monitor,
) -> Iterator[Suspicion]:
    """Yield what may be findings on a column in the slice `part`: every test that was done.

    Distributions of few rows are compared by a test, chi-square of texts and Kolmogorov-Smirnov of
    numbers, and of more rows by a distance: with enough rows a test finds any difference that is
    too small to matter (Lin, Lucas and Shmueli, 2013, doi:10.1287/isre.2013.0480). The bound and
    the choice of measures are those of Evidently's documentation: 1,000 rows (there of the
    reference, here of either side); Jensen-Shannon of texts, and of numbers the Wasserstein
    distance in standard deviations of the reference; 0.1 each.
    """
    if current.rows >= FEWEST_ROWS and reference.rows:
        yield from _nulls(column, part, reference, current, monitor=monitor)
    if min(current.present, reference.present) < FEWEST_ROWS:
        return
    yield from _values(column, part, reference, current, bins, monitor=monitor)
    yield from _shape(column, part, reference, current, bins, monitor=monitor)


def compare_shapes(
    reference: ColumnSummary, current: ColumnSummary, bins: ColumnBins, *, monitor: Monitor
) -> dict[str, float | int | str | None]:
    """Compare two distributions by the measure that decides, and by PSI.

    Returns `measure`, `value`, its `threshold` or `p_value`, `psi`, and rows of both.
    """
    counts = (reference.counts, current.counts)
    is_number = reference.kind == NUMBER
    told: dict[str, float | int | str | None] = {
        "psi": population_stability_index(*counts),
        "rows": current.present,
        "reference_rows": reference.present,
    }
    if min(current.present, reference.present) <= monitor.few_rows:
        measure = "kolmogorov_smirnov" if is_number else "chi_square"
        value, p_value = (kolmogorov_smirnov if is_number else chi_square)(*counts)
        return told | {"measure": measure, "value": value, "p_value": p_value}
    if is_number and reference.deviation > 0:
        functions = [_function(each, bins) for each in (reference, current)]
        return told | {
            "measure": "wasserstein",
            "value": wasserstein_distance(*functions) / reference.deviation,
            "threshold": monitor.thresholds.wasserstein,
        }
    return told | {
        "measure": "jensen_shannon",
        "value": jensen_shannon_distance(*counts),
        "threshold": monitor.thresholds.jensen_shannon,
    }


def _shape(
    column: str,
    part: str,
    reference: ColumnSummary,
    current: ColumnSummary,
    bins: ColumnBins,
    *,
    monitor: Monitor,
) -> Iterator[Suspicion]:
    compared = compare_shapes(reference, current, bins, monitor=monitor)
    is_small = float(compared["psi"] or 0.0) < monitor.thresholds.psi
    p_value = compared.get("p_value")
    if p_value is None:
        is_far = float(compared["value"] or 0.0) >= float(compared["threshold"] or 0.0)
        if not is_far or is_small:
            return
    if reference.kind == NUMBER:
        compared |= {"mean": current.mean, "reference": reference.mean}
        cause = _moved_numbers(column, reference, current)
    else:
        cause = _moved_shares(column, reference, current, bins)
    # A test that was done counts among all tests, also where the change is too small to matter.
    chance = None if p_value is None else 1.0 if is_small else float(p_value)
    yield Suspicion("drift", column, part, cause, compared, chance)


def _moved_numbers(column: str, reference: ColumnSummary, current: ColumnSummary) -> str:
    told = f"{column} has a mean of {current.mean:.4g}, and of {reference.mean:.4g} in training"
    change = unit_change(reference, current)
    return f"{told}: mean and spread are as if {change}" if change else told


def _moved_shares(
    column: str, reference: ColumnSummary, current: ColumnSummary, bins: ColumnBins
) -> str:
    names = [*bins.texts, "other values"]
    now, before = current.counts / current.present, reference.counts / reference.present
    most = int(np.argmax(np.abs(now - before)))
    return (
        f"{column} is {names[most]!r} in {now[most]:.1%} of rows, and in {before[most]:.1%} of "
        "training"
    )


def _values(
    column: str,
    part: str,
    reference: ColumnSummary,
    current: ColumnSummary,
    bins: ColumnBins,
    *,
    monitor: Monitor,
) -> Iterator[Suspicion]:
    """Yield values that have no row any more, and a rise of values that training hardly had."""
    for place, value in enumerate(bins.texts):
        share = reference.counts[place] / reference.present
        if share < LEAST_SHARE:
            continue
        rows = int(current.counts[place])
        yield Suspicion(
            "vanished_value",
            column,
            part,
            f"{column} has no row of {value!r}, which {share:.1%} of training were",
            {"value": value, "rows": rows, "of": current.present, "reference": share},
            1.0 if rows else _chance(reference, current, place, at_most=True),
        )
    if bins.texts:
        now, before = (each.counts[-1] / each.present for each in (current, reference))
        if now - before >= monitor.thresholds.rate_change:
            yield Suspicion(
                "new_values",
                column,
                part,
                f"{column} has values in {now:.1%} of rows that only {before:.1%} of training had",
                {"share": now, "reference": before, "threshold": monitor.thresholds.rate_change},
                _chance(reference, current, -1, at_most=False),
            )


def _nulls(
    column: str,
    part: str,
    reference: ColumnSummary,
    current: ColumnSummary,
    *,
    monitor: Monitor,
) -> Iterator[Suspicion]:
    now, before = current.null_rate, reference.null_rate
    if now - before < monitor.thresholds.rate_change:
        return
    rows, nulls = reference.rows + current.rows, reference.nulls + current.nulls
    chance = hypergeom.sf(current.nulls - 1, rows, nulls, current.rows)
    yield Suspicion(
        "nulls",
        column,
        part,
        f"{column} is null in {now:.1%} of rows, and in {before:.1%} of training",
        {
            "share": now,
            "rows": current.rows,
            "reference": before,
            "threshold": monitor.thresholds.rate_change,
        },
        float(chance),
    )


def _chance(
    reference: ColumnSummary, current: ColumnSummary, place: int, *, at_most: bool
) -> float:
    """Return how likely so few, or so many, rows of a bin are if both are of one distribution.

    Fisher's exact test, one-sided (Fisher, 1922, doi:10.2307/2340521).
    """
    now, before = (int(each.counts[place]) for each in (current, reference))
    facts = (reference.present + current.present, before + now, current.present)
    return float(hypergeom.cdf(now, *facts) if at_most else hypergeom.sf(now - 1, *facts))


def _function(summary: ColumnSummary, bins: ColumnBins) -> tuple[list[float], list[float]]:
    return distribution_function(bins.edges, summary.counts, summary.sums)
