"""Put things that depend on each other into an order in which each comes after what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class CycleError(ValueError):
    """Things need each other in a circle, which `cycle` names, first and last alike."""

    def __init__(self, cycle: list[str]) -> None:
        super().__init__(" → ".join(cycle))
        self.cycle = cycle


def in_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Order the keys of `needs` after what each needs, otherwise as they stand.

    Needs that are no keys are ignored. Raises CycleError naming one circle.
    """
    ordered: dict[str, None] = {}
    for name in needs:
        _visit(name, needs, ordered, [])
    return list(ordered)


def _visit(
    name: str, needs: Mapping[str, Iterable[str]], ordered: dict[str, None], path: list[str]
) -> None:
    if name in ordered or name not in needs:
        return
    if name in path:
        raise CycleError([*path[path.index(name) :], name])
    for needed in needs[name]:
        _visit(needed, needs, ordered, [*path, name])
    ordered[name] = None


def downstream(needs: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """`start` and everything that needs it, directly or not; `needs` must be free of circles."""
    reached = {start}
    for name in in_order(needs):
        if reached.intersection(needs[name]):
            reached.add(name)
    return reached
