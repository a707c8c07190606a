"""A Spark node in a fresh process up to its first Delta write, against an earlier commit's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.earlier import earlier_rooms
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.sizes import Size

# A dataset with no other one beside it, of a few rows.
ONLY = ("data", "--set=inputs.dataset=airlines", "--only=ingest")
ROWS = 16


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: `run data --only ingest` of 16 rows, with a JVM and all else new."""
    raw = raw_flights(size)

    def way(lake: BenchLake, name: str) -> Way:
        return Way(
            name,
            ROWS,
            lambda: lake.run(*ONLY),
            lambda: table_outcome(
                [lake.path / "bronze/airlines/rows"], ["carrier", "name"], named="airlines"
            ),
            prepare=lambda: lake.begin(raw),
        )

    yield Work(
        "Spark node, fresh process, first Delta write",
        way(BenchLake(folder / "ours"), "this commit"),
        [
            (
                way(
                    BenchLake(folder / "earlier", repository=earlier_rooms(folder / "commit")),
                    "earlier commit",
                ),
                Aim("ratio", 0.5),
            )
        ],
    )
