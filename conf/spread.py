"""How far numbers usually are from their median: robust, so that a few odd ones change little."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# The MAD of a normal distribution is this share of its standard deviation (Iglewicz and Hoaglin,
# 1993, How to Detect and Handle Outliers, section 3.5.1, which calls above 3.5 an outlier).
NORMAL_MAD = 0.6745
OUTLIER = 3.5


def spread_of(residuals: Collection[float]) -> float:
    """Return the standard deviation that the MAD of residuals stands for; 0 of no residuals.

    A value's distance from the median, divided by it, is the modified z-score.
    """
    return float(median(map(abs, residuals))) / NORMAL_MAD if residuals else 0.0
