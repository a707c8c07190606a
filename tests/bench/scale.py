"""What the data pipeline would take of more rows than were measured: python -m tests.bench.scale.

Of two sizes that `make bench` has measured, the seconds of a core that each row more has taken are
those of every row, and what is left is what a run takes of any size.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.prices import PRICES, load_prices
from tests.bench.kept import KEPT, kept_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conf.prices import Prices
    from tests.bench.measuring import Cost, Found

WORK = "data pipeline, cold"
OURS = "data pipeline"
ROWS = (10**8, 10**10)
# An executor of Azure's serverless Spark: Standard_E4s_v3.
VCORES = 4
_HOUR = 3600


@dataclass(frozen=True)
class Growth:
    """Seconds of a core: of each row, and of a run without rows."""

    each_row: float
    of_a_run: float

    @classmethod
    def between(cls, fewer: Cost, more: Cost) -> Growth:
        seconds = more.usage.cpu_seconds - fewer.usage.cpu_seconds
        each_row = seconds / (more.rows - fewer.rows)
        return cls(each_row, fewer.usage.cpu_seconds - each_row * fewer.rows)

    def core_hours(self, rows: int) -> float:
        return (self.of_a_run + self.each_row * rows) / _HOUR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", type=Path, default=KEPT)
    parser.add_argument("--hours", type=float, default=1.0, help="in which a run is to end")
    parser.add_argument("--prices", type=Path, default=PRICES)
    parser.add_argument("--instance", default="standard_e4s_v3", help="its name among the prices")
    options = parser.parse_args()
    costs = costs_of(kept_of(options.kept))
    if len(costs) < 2:  # a line has two points
        parser.error(f"{options.kept} has less than two sizes of {WORK!r}; run: make bench SIZE=…")
    prices = load_prices(options.prices)
    lines = table_of(Growth.between(costs[0], costs[-1]), options.hours, prices, options.instance)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def costs_of(found: Sequence[Found]) -> list[Cost]:
    """Return what our data pipeline cost at each size, the least first."""
    costs = (cost for each in found for cost in each.costs)
    ours = [cost for cost in costs if (cost.work, cost.way) == (WORK, OURS)]
    return sorted(ours, key=lambda cost: cost.rows)


def table_of(growth: Growth, hours: float, prices: Prices | None, instance: str) -> Iterator[str]:
    """Yield the lines of a table: of so many rows, core hours, executors, and their cost."""
    rate = f"{1 / growth.each_row:,.0f} rows a core second"
    yield f"{rate}; {growth.of_a_run:,.0f} s of a core a run."
    yield ""
    price = prices.vcore_hour.get(instance) if prices else None
    paid_in = [prices.currency] if prices and price is not None else []
    heads = ["rows", "core hours", f"executors of {VCORES} vCores to end in {hours:g} h", *paid_in]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for rows in ROWS:
        core_hours = growth.core_hours(rows)
        executors = math.ceil(core_hours / hours / VCORES)
        paid = [] if price is None else [f"{executors * VCORES * hours * price:,.2f}"]
        yield f"| {' | '.join([f'{rows:,}', f'{core_hours:,.1f}', f'{executors:,}', *paid])} |"


if __name__ == "__main__":
    sys.exit(main())
