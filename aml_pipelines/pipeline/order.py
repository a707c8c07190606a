"""The order of jobs in a plan: after what they need, otherwise as in their file."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def in_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the keys of `needs`, each after what it needs; needs that are no keys are ignored.

    Raises graphlib's CycleError, whose second argument `circle_of` names.
    """
    names = list(needs)
    position = {name: index for index, name in enumerate(names)}
    sorter = TopologicalSorter(
        {name: [other for other in needed if other in position] for name, needed in needs.items()}
    )
    sorter.prepare()
    # A heap of positions: graphlib alone would order by level and change plans that people know.
    ready: list[int] = []
    ordered = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, position[name])
        first = names[heappop(ready)]
        ordered.append(first)
        sorter.done(first)
    return ordered


def circle_of(error: CycleError, names: Iterable[str]) -> list[str]:
    """Return a circle of names in which each needs the next, from the first in `names` to it."""
    circle: list[str] = error.args[1][:0:-1]  # graphlib names what is needed before what needs it
    first = next(name for name in names if name in circle)
    start = circle.index(first)
    return [*circle[start:], *circle[:start], first]
