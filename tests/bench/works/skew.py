"""The data pipeline on flights of which half are one carrier's or one plane's, and as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.jobs.notebook_style import SPLITS
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import NO_AIM, Way, Work
from tests.bench.works.data_pipeline import FEATURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from tests.bench.raw_flights import RawFlights
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

# The features that differ where every second flight is of one carrier, or of one plane.
DIFFERING: Mapping[str, Collection[str]] = {
    "carrier": {"carrier", "flight", "carrier_late_rate_28d"},
    "plane": {
        *("tailnum", "plane_age", "plane_seats"),
        *("aircraft_late_rate_28d", "aircraft_flights_28d"),
    },
}


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: keys of the table, of a window and of a join have one value in half of it."""
    for whose, differing in DIFFERING.items():
        equal = [name for name in FEATURES if name not in differing]
        skewed = raw_flights(size, half_of=whose)
        yield Work(
            f"data pipeline, one {whose} with half of the flights",
            _way("skewed", skewed, equal, folder / f"{whose}-skewed"),
            [(_way("as they are", raw_flights(size), equal, folder / f"{whose}-even"), NO_AIM)],
        )


def _way(name: str, raw: RawFlights, equal: Collection[str], folder: Path) -> Way:
    lake = BenchLake(folder)

    def outcome() -> Outcome:
        gold = lake.path / "gold" / "flights"
        found: Outcome = {}
        for split in SPLITS:
            found |= table_outcome([gold / split], [*equal], named=split)
        return found

    return Way(name, raw.rows, lambda: lake.run("data"), outcome, prepare=lambda: lake.begin(raw))
