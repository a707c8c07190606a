"""Differences of a column from the training release that may be findings: shape, values, nulls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from conf.profile_columns import ALL, NUMBER
from monitoring.distances import (
    chi_square,
    distribution_function,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
    wasserstein_distance,
)
from monitoring.units import unit_change
from monitoring.usual import FEWEST_ROWS, Usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conf.monitor import Monitor
    from monitoring.column_summary import ColumnBins, ColumnSummary

UNKNOWN = Usual()
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
    usual: Usual = UNKNOWN,
) -> Iterator[Suspicion]:
    """Yield what may be findings on a column in the slice `part`: every test that was done.

    What is usual among the periods of training is no finding: a season, most of all.

    Distributions of few rows are compared by a test, chi-square of texts and Kolmogorov-Smirnov of
    numbers, and of more rows by a distance: with enough rows a test finds any difference that is
    too small to matter (Lin, Lucas and Shmueli, 2013, doi:10.1287/isre.2013.0480). The bound and
    the choice of measures are those of Evidently's documentation: 1,000 rows (there of the
    reference, here of either side); Jensen-Shannon of texts, and of numbers the Wasserstein
    distance in standard deviations of the reference; 0.1 each.
    """
    if current.rows >= FEWEST_ROWS and reference.rows:
        yield from _nulls(column, part, reference, current, monitor=monitor, usual=usual)
    if min(current.present, reference.present) < FEWEST_ROWS:
        return
    # A test takes rows for independent, and those of a small group are not: of it only nulls are
    # judged.
    if part == ALL or min(current.present, reference.present) > monitor.few_rows:
        yield from _values(column, part, reference, current, bins, monitor=monitor, usual=usual)
        yield from _shape(column, part, reference, current, bins, monitor=monitor, usual=usual)


def compare_shapes(
    reference: ColumnSummary, current: ColumnSummary, bins: ColumnBins, *, monitor: Monitor
) -> dict[str, float | int | str | None]:
    """Compare two distributions by the measure that decides, and by PSI.

    Returns `measure`, `value`, its `threshold` or `p_value`, `psi`, and rows of both.
    """
    counts = (reference.counts, current.counts)
    told: dict[str, float | int | str | None] = {
        "psi": population_stability_index(*counts),
        "rows": current.present,
        "reference_rows": reference.present,
    }
    if min(current.present, reference.present) <= monitor.few_rows:
        is_number = reference.kind == NUMBER
        measure = "kolmogorov_smirnov" if is_number else "chi_square"
        value, p_value = (kolmogorov_smirnov if is_number else chi_square)(*counts)
        return told | {"measure": measure, "value": value, "p_value": p_value}
    measure, distance = _distance_from(reference, bins)
    return told | {
        "measure": measure,
        "value": distance(current),
        "threshold": getattr(monitor.thresholds, measure),
    }


def is_far(
    compared: Mapping[str, float | int | str | None],
    reference: ColumnSummary,
    bins: ColumnBins,
    *,
    monitor: Monitor,
    usual: Usual,
) -> bool:
    """Return whether a difference, as `compare_shapes` tells it, is beyond its thresholds.

    It must be large by PSI, and by the distance where no test decides; and by both larger than is
    usual among the periods of training.
    """
    psi, value = (float(compared[name] or 0.0) for name in ("psi", "value"))
    has_distance = "p_value" not in compared
    if psi < monitor.thresholds.psi:
        return False
    if has_distance and value < float(compared["threshold"] or 0.0):
        return False
    known = usual.most(lambda of: population_stability_index(reference.counts, of.counts))
    if known is not None and psi < known:
        return False
    known = usual.most(_distance_from(reference, bins)[1]) if has_distance else None
    return known is None or value >= known


def _distance_from(
    reference: ColumnSummary, bins: ColumnBins
) -> tuple[str, Callable[[ColumnSummary], float]]:
    """Return the name of the distance from a distribution, and the function that measures it."""
    if reference.kind == NUMBER and reference.deviation > 0:
        own = _function(reference, bins)
        return (
            "wasserstein",
            lambda of: wasserstein_distance(own, _function(of, bins)) / reference.deviation,
        )
    return "jensen_shannon", lambda of: jensen_shannon_distance(reference.counts, of.counts)


def _shape(
    column: str,
    part: str,
    reference: ColumnSummary,
    current: ColumnSummary,
    bins: ColumnBins,
    *,
    monitor: Monitor,
    usual: Usual,
) -> Iterator[Suspicion]:
    compared = compare_shapes(reference, current, bins, monitor=monitor)
    is_found = is_far(compared, reference, bins, monitor=monitor, usual=usual)
    p_value = compared.get("p_value")
    if p_value is None and not is_found:
        return
    if reference.kind == NUMBER:
        compared |= {"mean": current.mean, "reference": reference.mean}
        cause = _moved_numbers(column, reference, current)
    else:
        cause = _moved_shares(column, reference, current, bins)
    # A test that was done counts among all tests, also where the change is too small to matter.
    chance = None if p_value is None else float(p_value) if is_found else 1.0
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
    usual: Usual,
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
            1.0
            if rows or (usual.least(_share_of(place)) or share) <= 0
            else _chance(reference, current, place, at_most=True),
        )
    if bins.texts:
        share_of_others = _share_of(-1)
        now, before = (share_of_others(each) for each in (current, reference))
        if now - before >= monitor.thresholds.rate_change and now >= (
            usual.most(share_of_others) or 0.0
        ):
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
    usual: Usual,
) -> Iterator[Suspicion]:
    now, before = current.null_rate, reference.null_rate
    if now - before < monitor.thresholds.rate_change:
        return
    if now < (usual.most_nulls() or 0.0):
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


def _share_of(place: int) -> Callable[[ColumnSummary], float]:
    return lambda of: float(of.counts[place] / of.present)


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
