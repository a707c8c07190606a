"""The data pipeline on flights of which half are one carrier's or one plane's, and as they are."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.jobs.notebook_style import SPLITS
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import NO_AIM, Way, Work
from tests.bench.works.data_pipeline import FEATURES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
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
    even = _way("as they are", raw_flights(size), DIFFERING, folder / "even")
    skewed = [
        _way(f"half of one {whose}", raw_flights(size, half_of=whose), [whose], folder / whose)
        for whose in DIFFERING
    ]
    yield Work(
        "data pipeline, skewed flights",
        even,
        [(way, NO_AIM) for way in skewed],
        note="All features are equal, but for those of the carrier or the plane.",
    )


def _way(name: str, raw: RawFlights, told: Iterable[str], folder: Path) -> Way:
    """Return a way whose outcome has, for each skew that is told, the features that it leaves."""
    lake = BenchLake(folder)

    def outcome() -> Outcome:
        gold = lake.path / "gold" / "flights"
        found: Outcome = {}
        for whose, split in product(told, SPLITS):
            equal = [column for column in FEATURES if column not in DIFFERING[whose]]
            named = f"{split} but for the {whose}"
            found |= table_outcome([gold / split], equal, named=named)
        return found

    return Way(name, raw.rows, lambda: lake.run("data"), outcome, prepare=lambda: lake.begin(raw))
