"""How far two distributions are apart, and how likely chance alone brings them as far apart.

Distributions are counts by the same bins. Each function names its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, kstwo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Counts = NDArray[np.float64]

HALF_A_ROW = 0.5
FEWEST_EXPECTED = 5  # rows of a cell: Cochran (1954), doi:10.2307/3001616


def population_stability_index(reference: Counts, current: Counts) -> float:
    """Return the PSI of counts (k,): the sum of (q - p) ln(q / p) over shares p and q.

    Siddiqi (2006), Credit Risk Scorecards, chapter 9, where below 0.1 is no change and above 0.25
    a major one. Each bin counts half a row more, so that an empty one is no infinite change.
    """
    p, q = (_shares(counts + HALF_A_ROW) for counts in (reference, current))
    return float(np.sum((q - p) * np.log(q / p)))


def jensen_shannon_distance(reference: Counts, current: Counts) -> float:
    """Return the Jensen-Shannon distance of counts (k,), from 0 to 1.

    The square root of the divergence to the base 2 (Lin, 1991, doi:10.1109/18.61115).
    """
    return float(jensenshannon(_shares(reference), _shares(current), base=2))


def wasserstein_distance(
    reference: tuple[Sequence[float], Sequence[float]],
    current: tuple[Sequence[float], Sequence[float]],
) -> float:
    """Return the area between two distribution functions: the first Wasserstein distance.

    Each function is its knots: values in order, and the share of rows up to each, linear between
    them. In units of the values (Ramdas et al., 2017, doi:10.3390/e19020047, proposition 1).
    """
    at = np.unique(np.concatenate([reference[0], current[0]]))
    gaps = _function(reference, at) - _function(current, at)
    left, right, width = gaps[:-1], gaps[1:], np.diff(at)
    both = np.abs(left) + np.abs(right)
    crosses = left * right < 0
    squares = np.divide(left**2 + right**2, both, out=np.zeros_like(both), where=both > 0)
    return float(np.sum(np.where(crosses, squares, both) * width / 2))


def distribution_function(
    edges: Sequence[float], counts: Counts, totals: Counts
) -> tuple[list[float], list[float]]:
    """Return the knots of the distribution function of a column, from counts and sums by bins.

    Bin i ends with `edges[i]`. The outer bins have one end each: their rows are taken to lie evenly
    on the stretch to it whose middle is their mean.
    """
    shares = np.cumsum(_shares(counts))
    knots = [(float(edge), float(share)) for edge, share in zip(edges, shares, strict=False)]
    if counts[0]:
        start = 2 * totals[0] / counts[0] - edges[0]
        knots.insert(0, (float(min(start, np.nextafter(edges[0], -np.inf))), 0.0))
    if counts[-1]:
        end = 2 * totals[-1] / counts[-1] - edges[-1]
        knots.append((float(max(end, np.nextafter(edges[-1], np.inf))), 1.0))
    return [value for value, _ in knots], [share for _, share in knots]


def chi_square(reference: Counts, current: Counts) -> tuple[float, float]:
    """Return Pearson's statistic and p-value of whether both counts (k,) are of one distribution.

    Bins of which fewer than FEWEST_EXPECTED rows are expected are one (Cochran, 1954). Without two
    bins there is nothing to tell apart: 0 and 1.
    """
    table = np.array([reference, current])
    totals = table.sum()
    expected = table.sum(axis=1).min() * table.sum(axis=0) / totals if totals else table[0]
    is_rare = expected < FEWEST_EXPECTED
    rest = table[:, is_rare].sum(axis=1, keepdims=True)
    cells = np.hstack([table[:, ~is_rare], rest]) if rest.any() else table[:, ~is_rare]
    cells = cells[:, cells.sum(axis=0) > 0]
    if cells.shape[1] < len(table) or not cells.sum(axis=1).all():
        return 0.0, 1.0
    result = chi2_contingency(cells, correction=False)
    return float(result.statistic), float(result.pvalue)


def kolmogorov_smirnov(reference: Counts, current: Counts) -> tuple[float, float]:
    """Return the two-sample statistic and asymptotic p-value from counts (k,) by ordered bins.

    Of binned values: the largest gap may be within a bin, so that it errs on the side of no
    finding. Hodges (1958), doi:10.1007/BF02589501, as scipy.stats.ks_2samp has it.
    """
    sizes = [float(counts.sum()) for counts in (reference, current)]
    if not all(sizes):
        return 0.0, 1.0
    gap = float(np.max(np.abs(np.cumsum(_shares(reference)) - np.cumsum(_shares(current)))))
    rows = sizes[0] * sizes[1] / sum(sizes)
    return gap, float(np.clip(kstwo.sf(gap, np.round(rows)), 0, 1))


def discoveries(p_values: Sequence[float], *, share: float) -> list[bool]:
    """Return which hypotheses to reject, so that at most `share` of those are expected to hold.

    Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    ordered = np.sort(p_values)
    limits = share * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    passing = ordered[ordered <= limits]
    limit = passing.max() if passing.size else -1.0
    return [bool(value <= limit) for value in p_values]


def _shares(counts: Counts) -> Counts:
    total = counts.sum()
    return counts / total if total else counts


def _function(knots: tuple[Sequence[float], Sequence[float]], at: Counts) -> Counts:
    values: Counts = np.interp(at, knots[0], knots[1], left=0.0, right=1.0)
    return values
