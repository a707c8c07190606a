"""All days of features profiled for monitoring, against a scan of the same columns."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.dataset import load_dataset
from conf.model import load_model
from conf.monitor import load_monitor
from conf.profile_columns import ALL, ROW_COUNT
from spark_jobs.lake import table_uri
from spark_jobs.monitoring.profiles import profile_dataset
from spark_jobs.monitoring.watched_rows import watched_values
from spark_jobs.monitoring.watching import watch
from spark_jobs.split import split_features
from tests.bench.raw_flights import raw_flights
from tests.bench.session import bench_session
from tests.bench.steps import tables_of_flights
from tests.bench.turns import Aim, Way, Work
from tests.bench.usage import measure_kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conf.model import Model
    from conf.monitor import Monitor
    from spark_jobs.receipt import TableReceipt
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

ROWS = "rows"


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: the first monitoring of a lake, when each day is new."""
    raw, lake = raw_flights(size), folder / "lake"
    raw.link_into(lake)
    flights = load_dataset("flights")
    model, monitor = load_model("flights_late"), load_monitor("flights")
    tables = dict(tables_of_flights(lake))
    splits = split_features(bench_session(), tables["features"], flights, lake_uri=str(lake))
    tables["train"] = splits["train"]
    ours, scan = _Profile(tables, model, monitor, folder), _Scan(tables, model, monitor)
    yield Work(
        "profile",
        # Spark keeps its Python workers for a minute.
        Way("all days profiled", raw.rows, ours.do, ours.outcome, measure=measure_kept),
        [(Way("a scan of the same columns", raw.rows, scan.do, scan.outcome), Aim("ratio", 1.5))],
        note="Our way also learns the bins of training, and hashes each row.",
        warms=not size.is_small,
    )


class _Profile:
    """Our way: each turn profiles into a lake of its own."""

    def __init__(
        self,
        tables: Mapping[str, TableReceipt],
        model: Model,
        monitor: Monitor,
        folder: Path,
    ) -> None:
        self._tables, self._model, self._monitor = tables, model, monitor
        self._lakes = (folder / "profiled" / str(turn) for turn in count())
        self._lake = folder

    def do(self) -> None:
        self._lake = next(self._lakes)
        profile_dataset(
            bench_session(),
            self._tables,
            load_dataset("flights"),
            self._model,
            self._monitor,
            model_version="1",
            lake_uri=str(self._lake),
        )

    def outcome(self) -> Outcome:
        uri = table_uri(str(self._lake), "gold", "flights", "profiles")
        profiles = bench_session().read.format("delta").load(uri)
        of_rows = profiles.where((F.col("column") == ROW_COUNT) & (F.col("slice") == ALL))
        return {ROWS: of_rows.agg(F.sum("rows")).collect()[0][0]}


class _Scan:
    """The columns that are profiled, as numbers and texts, read and thrown away."""

    def __init__(self, tables: Mapping[str, TableReceipt], model: Model, monitor: Monitor) -> None:
        self._uri = tables["features"].uri
        self._model, self._monitor = model, monitor

    def do(self) -> None:
        rows = bench_session().read.format("delta").load(self._uri)
        flights = load_dataset("flights")
        watched = watch(rows, flights, self._model, self._monitor, version="1")
        values = rows.select(*watched_values(watched), "_row_hash", str(watched.day))
        values.write.format("noop").mode("overwrite").save()

    def outcome(self) -> Outcome:
        return {ROWS: bench_session().read.format("delta").load(self._uri).count()}
