"""The data pipeline from an empty lake, against a notebook's job and against the engine's floor."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.bench.delta_digests import table_outcome
from tests.bench.jobs.notebook_style import SPLITS
from tests.bench.lakes import BenchLake, run_job
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

KEY = ("time_hour", "carrier", "flight")
# Of flights as they come, and of the three splits: what all ways have made.
CLEANED = (
    *(*KEY, "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time"),
    *("sched_arr_time", "arr_delay", "tailnum", "origin", "dest", "air_time", "distance"),
    *("hour", "minute"),
)
FEATURES = (
    *(*KEY, "flight_date", "origin", "dest", "tailnum", "sched_dep_minute", "sched_arr_minute"),
    *("day_of_week", "distance", "temp", "dewp", "humid", "wind_speed", "wind_gust", "precip"),
    *("pressure", "visib", "plane_age", "plane_seats", "carrier_late_rate_28d"),
    *("route_late_rate_28d", "aircraft_late_rate_28d", "aircraft_flights_28d", "is_late"),
)
_TEN = 10


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: raw files to registered tables, or as far as each other way goes."""
    raw = raw_flights(size)
    lake, notebook, floor = BenchLake(folder / "ours"), folder / "notebook", folder / "floor"
    files = str(raw.folder / "raw")

    def ours() -> Outcome:
        gold = lake.path / "gold" / "flights"
        valid = [lake.path / "silver" / "flights" / "valid"]
        return splits_outcome(gold) | table_outcome(valid, CLEANED, named="flights")

    yield Work(
        "data pipeline, cold",
        Way(
            "data pipeline",
            raw.rows,
            lambda: lake.run("data"),
            ours,
            prepare=lambda: lake.begin(raw),
        ),
        [
            (
                Way(
                    "notebook style",
                    raw.rows,
                    lambda: run_job("notebook_style", files, str(notebook)),
                    lambda: splits_outcome(notebook),
                    prepare=lambda: shutil.rmtree(notebook, ignore_errors=True),
                ),
                Aim("faster", 1.8 if size.times < _TEN else 2.5),
            ),
            (
                Way(
                    "floor: parse, one Delta write",
                    raw.rows,
                    lambda: run_job("floor", files, str(floor)),
                    lambda: table_outcome([floor], CLEANED, named="flights"),
                    prepare=lambda: shutil.rmtree(floor, ignore_errors=True),
                ),
                Aim("ratio", 4),
            ),
        ],
        note="Our way also quarantines, keeps lineage and receipts, and publishes MLTables. The "
        "aim against the floor is one for ten times the year.",
    )


def splits_outcome(folder: Path) -> Outcome:
    """Return rows and digests of the three splits in a folder."""
    found: Outcome = {}
    for split in SPLITS:
        found |= table_outcome([folder / split], FEATURES, named=split)
    return found
