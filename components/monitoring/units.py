"""Whether numbers look like others in another unit: mean and spread changed by one known factor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitoring.column_summary import ColumnSummary

# Factors between units; the other way round each is one too. NIST SP 811 (2008), appendix B.
UNITS = {
    "miles had become kilometres": 1.609344,
    "inches had become centimetres": 2.54,
    "metres had become feet": 3.28084,
    "kilograms had become pounds": 2.204623,
    "metres per second had become kilometres per hour": 3.6,
    "knots had become kilometres per hour": 1.852,
    "hours had become minutes, or minutes seconds": 60.0,
    "hours had become seconds": 3600.0,
    "shares had become per cent": 100.0,
    "a unit had become its thousandth": 1000.0,
}
# Other rows have another mean anyway, and another spread all the more.
OF_MEANS, OF_SPREADS = 0.05, 0.1


def unit_change(reference: ColumnSummary, current: ColumnSummary) -> str | None:
    """Return a change of units that explains both summaries; None without one.

    Mean and standard deviation must both have changed by the same known factor.
    """
    if not reference.mean or not reference.deviation or not current.deviation:
        return None
    of_means = current.mean / reference.mean
    of_spreads = current.deviation / reference.deviation
    for change, factor in UNITS.items():
        for candidate, told in ((factor, change), (1 / factor, _reversed(change))):
            has_mean = math.isclose(of_means, candidate, rel_tol=OF_MEANS)
            if has_mean and math.isclose(of_spreads, candidate, rel_tol=OF_SPREADS):
                return told
    return None


def _reversed(change: str) -> str:
    return f"the reverse of this had happened: {change}"
