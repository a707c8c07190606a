"""A full build of so many times the year, against one of the year once: seconds a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.jobs.notebook_style import SPLITS
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work where the size is more than the year."""
    if size.times == 1:
        return
    yield Work(
        "growth of a full build",
        _build(size, folder / "ours"),
        [(_build(replace(size, times=1), folder / "year"), Aim("per_row", 1.1))],
        alone=Aim("gib", 8),
        note="The peak of memory is not to grow either.",
    )


def _build(size: Size, folder: Path) -> Way:
    raw, lake = raw_flights(size), BenchLake(folder)

    def outcome() -> Outcome:
        """Return how many rows each split has of each copy of the year."""
        gold = lake.path / "gold" / "flights"
        found: Outcome = {}
        for split in SPLITS:
            rows = table_outcome([gold / split], ["flight"], named=split)[f"rows of {split}"]
            found[f"rows of {split} a copy"] = int(str(rows)) / size.times
        return found

    return Way(
        f"{size.times} times the flights" if size.times > 1 else "the flights once",
        raw.rows,
        lambda: lake.run("data"),
        outcome,
        prepare=lambda: lake.begin(raw),
    )
