"""Whether a node of a run was like the same node of the runs before it, by median and MAD."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from conf.spread import OUTLIER, spread_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aml_pipelines.history.node_runs import NodeRun

FEWEST = 5  # runs before, without which nothing is usual
_LATEST = 50  # runs before, of which what is usual is told
# The least change that matters at all.
_SHARE, _SECONDS = 0.25, 5.0
_READ: dict[str, Callable[[NodeRun], float | None]] = {
    "seconds": lambda each: each.seconds,
    "rows_in": lambda each: each.rows_in,
    "rows_out": lambda each: each.rows_out,
}


@dataclass(frozen=True)
class Unusual:
    """A number of a node that is unlike those of the runs before, in modified z-scores."""

    what: str
    value: float
    usual: float
    score: float


def runs_before(each: NodeRun, among: Sequence[NodeRun]) -> list[NodeRun]:
    """Return the latest runs of the same node that began before `each`; `among` is in order."""
    place = among.index(each)
    same = [one for one in among[:place] if one.has_run and one.work == each.work]
    return same[-_LATEST:]


def unusual(each: NodeRun, before: Sequence[NodeRun]) -> list[Unusual]:
    """Return the numbers of a node that are unlike those `before`; none without FEWEST of them.

    A number of rows is unusual that is 3.5 modified z-scores and a quarter away from the median,
    where the chance of a count (Poisson) is part of the spread; seconds are by 5 s too.
    """
    if len(before) < FEWEST or not each.has_run:
        return []
    return list(_unusual(each, before))


def _unusual(each: NodeRun, before: Sequence[NodeRun]) -> Iterator[Unusual]:
    for what, read in _READ.items():
        value = read(each)
        known = [number for number in map(read, before) if number is not None]
        if value is None or not known:
            continue
        usual = float(median(known))
        change = value - usual
        is_time = what == "seconds"
        by_chance = 0.0 if is_time else max(usual, 1.0) ** 0.5
        spread = math.hypot(spread_of([number - usual for number in known]), by_chance)
        score = change / spread if spread else math.copysign(math.inf, change)
        is_large = abs(change) >= max(_SHARE * usual, _SECONDS if is_time else 0.0)
        if change and is_large and abs(score) > OUTLIER:
            yield Unusual(what, value, usual, score)
