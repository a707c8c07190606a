"""One new day onto a history of so many times the year, against the same day onto the year."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from tests.bench.delta_digests import table_outcome
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work
from tests.bench.works.data_pipeline import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.raw_flights import RawFlights
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

DAY = "2013-11-30"
_LINE = "2013,11,30,"
_IS_DAY = pc.field("flight_date") == pc.scalar(dt.date.fromisoformat(DAY))
# With n times the history there are n times the flights of an aircraft, at the same rates.
TOLD = tuple(name for name in FEATURES if name != "aircraft_flights_28d")


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work where there is a history of more than the year to compare with it."""
    if size.times == 1:
        return
    year = replace(size, times=1)
    ours, other = _History(size, folder / "ours"), _History(year, folder / "year")
    yield Work(
        "one new day",
        ours.way(f"onto {size.times} times the history"),
        [(other.way("onto the history once"), Aim("ratio", 1.5))],
        note=f"The flights of {DAY} arrive as one file, and the data pipeline runs: ingest, clean, "
        "features, split, publish. Scoring is not in it: a model needs a champion, which the "
        "history alone does not bring.",
    )


class _History:
    """A lake that has all flights of a size but those of a day, which arrive in each turn."""

    def __init__(self, size: Size, folder: Path) -> None:
        self._raw = raw_flights(size)
        self._lake = BenchLake(folder)
        self._day = _of_the_day(raw_flights(replace(size, times=1)))
        self._lake.begin(self._raw)
        for file in sorted((self._lake.path / "raw/flights/history").glob("flights_2013-11*.csv")):
            _take_out(file)
        self._lake.run("data")
        self._lake.keep("history")

    def way(self, name: str) -> Way:
        rows = len(self._day) - 1
        run = lambda: self._lake.run("data")  # noqa: E731 # what is measured, as the others have it
        return Way(name, rows, run, self._outcome, prepare=self._arrive)

    def _arrive(self) -> None:
        self._lake.lay_out("history")
        file = self._lake.path / "raw/flights/history" / f"flights_{DAY}.csv"
        file.write_text("".join(self._day), "utf-8")

    def _outcome(self) -> Outcome:
        gold = self._lake.path / "gold" / "flights"
        found: Outcome = {}
        for table in ("features", "test"):
            found |= table_outcome([gold / table], TOLD, named=f"{DAY} in {table}", where=_IS_DAY)
        return found


def _of_the_day(raw: RawFlights) -> list[str]:
    """Return the header and the lines of the day."""
    file = raw.folder / "raw/flights/history/flights_2013-11.csv"
    header, *lines = file.read_text("utf-8").splitlines(keepends=True)
    return [header, *(line for line in lines if line.startswith(_LINE))]


def _take_out(file: Path) -> None:
    """Take the lines of the day out of a file of the lake, which is a link to that of the size."""
    with file.open(encoding="utf-8") as opened:
        kept = [line for line in opened if not line.startswith(_LINE)]
    file.unlink()
    file.write_text("".join(kept), "utf-8")
