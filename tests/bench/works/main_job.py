"""The whole main job from raw files to scores, first and again, against an earlier commit's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.earlier import earlier_rooms
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import NO_AIM, Aim, Way, Work
from tests.bench.usage import measure_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

MAIN_JOB = ("data", "training", "batch_inference")
KEY = ("time_hour", "carrier", "flight")


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the first run, then one that finds what it has left; at the size of the year."""
    if size.times > 1 and not size.is_small:
        return
    raw = raw_flights(size)
    ours = BenchLake(folder / "ours")
    earlier = BenchLake(folder / "earlier", repository=earlier_rooms(folder / "commit"))

    def stop_all() -> None:
        """End what either lake's runs have left: each way is alone when it is measured."""
        ours.stop_kept()
        earlier.stop_kept()

    def first(lake: BenchLake, name: str) -> Way:
        def prepare() -> None:
            stop_all()
            lake.begin(raw)

        return _way(lake, name, raw.rows, prepare)

    def again(lake: BenchLake, name: str) -> Way:
        def prepare() -> None:
            stop_all()
            lake.run_and_keep(*MAIN_JOB)

        return _way(lake, name, raw.rows, prepare)

    try:
        yield Work(
            "main job, first run",
            first(ours, "this commit"),
            [(first(earlier, "earlier commit"), NO_AIM)],
            alone=Aim("seconds", 90),
        )
        yield Work(
            "main job, again and unchanged",
            again(ours, "this commit"),
            [(again(earlier, "earlier commit"), NO_AIM)],
            alone=Aim("seconds", 25),
        )
    finally:
        stop_all()


def _way(lake: BenchLake, name: str, rows: int, prepare: Callable[[], object]) -> Way:
    def outcome() -> Outcome:
        return table_outcome([lake.path / "gold/flights/scores"], KEY, named="scores")

    return Way(
        name,
        rows,
        lambda: lake.run_and_keep(*MAIN_JOB),
        outcome,
        prepare=prepare,
        measure=measure_kept,
    )
