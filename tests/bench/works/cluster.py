"""The main job on two workers of Spark's own cluster, against one JVM: both lakes in Azurite."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aml_pipelines.azurite.lake import serving_lake
from tests.azurite_target import LAKE, PATHS, azurite_target
from tests.bench.delta_digests import table_outcome
from tests.bench.event_log import logging_options
from tests.bench.jobs.notebook_style import SPLITS
from tests.bench.lakes import LEAVES_NOTHING, aml_pipelines
from tests.bench.raw_flights import raw_flights
from tests.bench.turns import NO_AIM, Way, Work
from tests.bench.works.data_pipeline import CLEANED, FEATURES, KEY
from tests.spark_cluster import OF_FEW_CORES, standalone_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.raw_flights import RawFlights
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

TABLES = {
    "silver/flights/valid": CLEANED,
    **{f"gold/flights/{split}": FEATURES for split in SPLITS},
    "gold/flights/scores": (*KEY, "score"),
}
# Workers have a core each; the JVM alone has as many.
WORKERS = 2


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work, while a cluster is there that knows nothing of this repository."""
    raw = raw_flights(size)
    with standalone_cluster(folder / "spark", workers=WORKERS) as master:
        cluster = _AzuriteLake(folder / "cluster", master)
        alone = _AzuriteLake(folder / "alone", f"local[{WORKERS}]")
        yield Work(
            "data, training and batch inference in Azurite",
            cluster.way(f"{WORKERS} workers of a cluster", raw),
            [(alone.way("one JVM", raw), NO_AIM)],
            note="The JVM of each Spark node, its executors, the workers and Azurite share the "
            "cores of one machine: the ratio is what a cluster costs, not what it gains.",
        )


class _AzuriteLake:
    """A lake in Azurite, made anew for each turn, and the tables that a run leaves in it."""

    def __init__(self, folder: Path, master: str) -> None:
        self._folder = folder
        self._state = folder / "state"
        folder.mkdir()
        self._target = azurite_target(folder, master=master)

    def way(self, name: str, raw: RawFlights) -> Way:
        return Way(name, raw.rows, self._run, self._outcome, prepare=lambda: self._begin(raw))

    def _begin(self, raw: RawFlights) -> None:
        shutil.rmtree(self._state, ignore_errors=True)
        with serving_lake(LAKE, self._state) as lake:
            lake.upload(raw.folder / "raw", f"{PATHS}/raw")

    def _run(self) -> None:
        words = ("run", "data", "training", "batch_inference")
        added = {**LEAVES_NOTHING, "SPARK_SUBMIT_OPTS": f"{OF_FEW_CORES} {logging_options()}"}
        aml_pipelines(*words, target=self._target, added=added)

    def _outcome(self) -> Outcome:
        """Copy the tables out of the store, and return their rows and digests."""
        copy = self._folder / "copy"
        found: Outcome = {}
        with serving_lake(LAKE, self._state) as lake:
            for table, columns in TABLES.items():
                lake.download(f"{PATHS}/{table}", copy / table)
                found |= table_outcome([copy / table], columns, named=table)
        return found
