"""Scores written back exactly once, against the same scores that overwrite a table."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.dataset import load_dataset
from spark_jobs.score_rows import ScoreRun
from spark_jobs.scores import write_scores
from tests.bench.delta_digests import table_outcome
from tests.bench.raw_flights import raw_flights
from tests.bench.session import bench_session
from tests.bench.steps import batch_of_flights
from tests.bench.turns import Aim, Way, Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spark_jobs.receipt import TableReceipt
    from tests.bench.sizes import Size
    from tests.bench.turns import Outcome

KEY = ("time_hour", "carrier", "flight")
WRITTEN = (*KEY, "score", "class", "model_version")
RUN = ScoreRun("flights_late", "1", "flights_batch:1", "run", None)


def works(size: Size, folder: Path) -> Iterator[Work]:
    """Yield the work: every historic flight has a score, which is written to an empty table."""
    raw, lake = raw_flights(size), folder / "lake"
    raw.link_into(lake)
    tables, scores = batch_of_flights(lake), str(folder / "scores")
    rows = bench_session().read.format("delta").load(tables["batch"].uri)
    score = F.pmod(F.xxhash64("_row_id"), F.lit(1000)) / 1000
    scored = rows.select("_row_id", score.alias("score"))
    is_late = F.col("score") > F.lit(0.5)
    scored.select("*", is_late.cast("int").alias("class")).write.parquet(scores)
    ours, plain = _Once(tables, scores, folder / "ours"), _Overwrite(tables, scores, folder)
    yield Work(
        "write-back of scores",
        Way("exactly once", raw.rows, ours.do, ours.outcome),
        [(Way("plain overwrite", raw.rows, plain.do, plain.outcome), Aim("ratio", 1.25))],
        note="Our way also compares scores with the batch, and counts what the tables hold.",
        warms=not size.is_small,  # which is there to compare outcomes
    )


class _Once:
    """Our way: each turn writes to a lake of its own."""

    def __init__(self, tables: Mapping[str, TableReceipt], scores: str, folder: Path) -> None:
        self._tables, self._scores = tables, scores
        self._lakes = (folder / str(turn) for turn in count())
        self._lake = folder

    def do(self) -> None:
        self._lake, spark = next(self._lakes), bench_session()
        batch, rejected = self._tables["batch"], self._tables["rejected"]
        scores, flights = spark.read.parquet(self._scores), load_dataset("flights")
        lake = str(self._lake)
        write_scores(spark, batch, rejected, scores, flights, run=RUN, lake_uri=lake)

    def outcome(self) -> Outcome:
        return table_outcome([self._lake / "gold" / "flights" / "scores"], WRITTEN, named="scores")


class _Overwrite:
    """The same join and columns, and one write."""

    def __init__(self, tables: Mapping[str, TableReceipt], scores: str, folder: Path) -> None:
        self._batch, self._scores = tables["batch"].uri, scores
        self._table = folder / "plain"

    def do(self) -> None:
        spark = bench_session()
        rows = spark.read.format("delta").load(self._batch)
        scored = rows.join(spark.read.parquet(self._scores), on="_row_id").select(
            *KEY,
            *("_row_id", "score", "class", "_row_hash"),
            *(F.lit(value).cast("string").alias(name) for name, value in vars(RUN).items()),
        )
        scored.write.format("delta").mode("overwrite").save(str(self._table))

    def outcome(self) -> Outcome:
        return table_outcome([self._table], WRITTEN, named="scores")
