"""A table read and merged into after 200 daily commits, against the same rows in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import ROW_HASH
from conf.dataset import load_dataset
from spark_jobs import lake
from spark_jobs.within import among_keys
from tests.bench.delta_digests import table_outcome
from tests.bench.lakes import BenchLake
from tests.bench.raw_flights import raw_flights
from tests.bench.session import bench_session
from tests.bench.steps import tables_of_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import DataFrame

    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

DAYS = 200
DAY, CHANGED = "flight_date", "distance"
RECORD = {"step": "bench"}
# One in 50 flights of a day, always the same ones.
_FEW = f"pmod({ROW_HASH}, 50) = 0"


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: a day arrives with each commit; then the table is read, and merged into.

    Both tables have the same rows. One has the last days from a commit each, as compaction left it.
    """
    raw = raw_flights(size)
    raw.link_into(folder / "lake")
    key = load_dataset("flights").key
    features = _stored(tables_of_flights(folder / "lake")["features"].uri)
    daily, once = (_Table(folder / name, key, raw.rows) for name in ("daily", "once"))
    days = [row[0] for row in features.select(DAY).distinct().orderBy(DAY).collect()]
    before, *arriving = days[-DAYS - 1 :]
    daily.make(features.where(F.col(DAY) <= F.lit(before)))
    for day in arriving:
        of_yesterday = features.where((F.col(DAY) == F.lit(before)) & F.expr(_FEW))
        daily.merge(features.where(F.col(DAY) == F.lit(day)).unionByName(_corrected(of_yesterday)))
        before = day
    once.make(_stored(daily.uri))
    for table in (daily, once):
        table.keep()
    yield Work(
        "table read and merged into",
        daily.way(f"after {DAYS} daily commits", before),
        [(once.way("after one commit", before), Aim("ratio", 1.5))],
        note="Each day has brought its own flights, and corrected some of the day before. All "
        "columns are read; then the flights of the last day are corrected.",
        warms=not size.is_small,
    )


def _stored(uri: str) -> DataFrame:
    return bench_session().read.format("delta").load(uri)


def _corrected(rows: DataFrame) -> DataFrame:
    """Return rows of another distance, and of another hash."""
    corrected = rows.withColumn(CHANGED, F.col(CHANGED) + 1)
    return corrected.withColumn(ROW_HASH, F.bitwise_not(ROW_HASH))


class _Table:
    """A table that each turn finds as it was kept."""

    def __init__(self, folder: Path, key: tuple[str, ...], rows: int) -> None:
        self._lake, self._key, self._rows = BenchLake(folder), key, rows
        self._path = self._lake.path / "table"
        self.uri = str(self._path)

    def make(self, rows: DataFrame) -> None:
        lake.sync_table(rows, self.uri, key=self._key, record=RECORD)

    def merge(self, rows: DataFrame) -> None:
        within = among_keys(rows, self._key)
        lake.upsert_table(rows, self.uri, key=self._key, record=RECORD, within=within)

    def keep(self) -> None:
        self._lake.keep("arrived")

    def way(self, name: str, day: object) -> Way:
        def do() -> None:
            _stored(self.uri).write.format("noop").mode("overwrite").save()
            of_day = _stored(self.uri).where(F.col(DAY) == F.lit(day))
            self.merge(_corrected(of_day))

        return Way(
            name, self._rows, do, self._outcome, prepare=lambda: self._lake.lay_out("arrived")
        )

    def _outcome(self) -> Outcome:
        columns = (*self._key, CHANGED, ROW_HASH)
        return table_outcome([self._path], columns, named="the table")
