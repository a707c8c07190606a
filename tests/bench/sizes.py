"""The sizes that work is measured at: the year's flights or some of them, so many times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A size: one in `every` flights of the year, `times` times with distinct keys.

    Each way of a piece of work has `turns` turns.
    """

    name: str
    times: int
    turns: int
    every: int = 1

    @property
    def is_small(self) -> bool:
        return self.every > 1

    @property
    def title(self) -> str:
        if self.is_small:
            return f"one in {self.every} flights of the year, {self.times} times"
        return "the year" if self.times == 1 else f"{self.times} times the year"


SMALL = Size("small", times=2, turns=1, every=120)
YEAR = Size("year", times=1, turns=3)
SIZES = {
    size.name: size
    for size in (
        *(SMALL, YEAR, Size("10", times=10, turns=1)),
        *(Size("30", times=30, turns=1), Size("100", times=100, turns=1)),
    )
}
