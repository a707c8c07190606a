"""Two runs on one lake without its lock: one stands at a commit while the other runs whole.

No lock keeps two runs apart in Azure. Here both run in one JVM, where Delta is safe on a folder;
that of the Azure Data Lake is Delta's log store and the store itself.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from conf import faults
from spark_jobs import retries
from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import LakeError
from spark_jobs.features import build_features
from spark_jobs.ingest import ingest_source
from spark_jobs.split import split_features
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TRIPS = """
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  fare: {type: double, max: 100}
key: [trip]
label: {name: is_dear, expression: fare > 10}
split: {by: key, train: 0.6, validation: 0.2, test: 0.2}
"""
MONDAY = "trip,fare\n" + "".join(f"{trip},{trip}\n" for trip in range(40)) + "7,7\nx,1\n8,200\n"
# A new trip, a correction, and another bad row.
TUESDAY = "trip,fare\n50,5\n3,33\n?,\n"
OF_ARRIVAL = {"_arrival", "_row_id", "_row_hash"}
FILES = ("monday", "tuesday")
# Each place of a run at which a table has a commit of its own.
PLACES = (
    *("bronze/trips/rows", "quarantine/trips/rows", "silver/trips/duplicates"),
    *("silver/trips/valid", "gold/trips/features", "gold/trips/train"),
    *("gold/trips/validation", "gold/trips/test"),
)

ALL = [f"{moment} commit {place}" for place in PLACES for moment in ("before", "after")]
# `make chaos` has all.
CHOSEN = ALL if os.environ.get("CHAOS") == "all" else [ALL[0], ALL[6], ALL[9], ALL[11]]


def run(spark: SparkSession, lake: Path) -> None:
    """Do what the data pipeline does, in a session of its own."""
    session, contract, uri = spark.newSession(), contract_of(TRIPS), str(lake)
    for name in ("spark.sql.shuffle.partitions", "spark.databricks.delta.snapshotPartitions"):
        session.conf.set(name, "1")
    bronze = ingest_source(session, contract, lake_uri=uri, source="history", as_of="arrival")
    tables = clean_dataset(session, bronze.table, contract, lake_uri=uri).tables
    features = build_features(session, {"trips": tables["valid"]}, contract, lake_uri=uri)
    split_features(session, features, contract, lake_uri=uri)


def held(spark: SparkSession, lake: Path) -> dict[str, list[str]]:
    """Return the rows of each table, but for what follows from which files arrived together."""
    return {
        place: sorted(
            json.dumps({k: v for k, v in row.asDict().items() if k not in OF_ARRIVAL}, default=str)
            for row in spark.read.format("delta").load(f"{lake}/{place}").collect()
        )
        for place in PLACES
    }


def commits(lake: Path) -> dict[str, int]:
    return {place: len(operations(f"{lake}/{place}")) for place in PLACES}


class Standing:
    """A run in a thread of its own that stands at a commit until it is let go."""

    def __init__(self, spark: SparkSession, lake: Path, marks: Path, point: str) -> None:
        plan = {"point": point, "number": 1, "action": "wait"}
        (marks / faults.PLAN).write_text(json.dumps(plan))
        self.error: BaseException | None = None
        self._waiting = marks / faults.WAITING
        self._thread = threading.Thread(target=self._run, args=(spark, lake))
        self._thread.start()
        while not self._waiting.is_file() and self._thread.is_alive():
            time.sleep(0.01)

    def let_go(self) -> None:
        assert self._waiting.is_file(), f"it never stood there: {self.error}"
        self._waiting.unlink()
        self._thread.join()

    def _run(self, spark: SparkSession, lake: Path) -> None:
        try:
            run(spark, lake)
        except Exception as error:  # noqa: BLE001 # the test looks at it
            self.error = error


@pytest.fixture(autouse=True)
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv(faults.VARIABLE, str(folder))
    monkeypatch.setattr("sys.argv", ["run.py"])
    monkeypatch.setattr(retries, "WAITS", (0.0, 0.0))
    return folder


def lake_with(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        file = folder / "raw" / f"{name}.csv"
        file.write_text(text)
        os.utime(file, (FILES.index(name), FILES.index(name)))
    return folder


@pytest.fixture(scope="module")
def undisturbed(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[str]]]:
    """Return what a lake has after Monday's files, and after Tuesday's."""
    lake, after = tmp_path_factory.mktemp("undisturbed"), {}
    for name, text in (("monday", MONDAY), ("tuesday", TUESDAY)):
        run(spark, lake_with(lake, **{name: text}))
        after[name] = held(spark, lake)
    return after


@pytest.mark.parametrize("point", CHOSEN)
def test_the_same_run_twice_at_once_leaves_each_row_once(
    spark: SparkSession,
    tmp_path: Path,
    marks: Path,
    undisturbed: dict[str, dict[str, list[str]]],
    point: str,
) -> None:
    lake = lake_with(tmp_path / "lake", monday=MONDAY)
    standing = Standing(spark, lake, marks, f"run: {point}")
    run(spark, lake)
    standing.let_go()
    assert standing.error is None
    assert held(spark, lake) == undisturbed["monday"]
    before = commits(lake)
    run(spark, lake)
    assert commits(lake) == before


@pytest.mark.parametrize("point", CHOSEN)
def test_a_run_that_is_overtaken_by_one_with_more_files_takes_nothing_back(
    spark: SparkSession,
    tmp_path: Path,
    marks: Path,
    undisturbed: dict[str, dict[str, list[str]]],
    point: str,
) -> None:
    lake = lake_with(tmp_path / "lake", monday=MONDAY)
    standing = Standing(spark, lake, marks, f"run: {point}")
    run(spark, lake_with(lake, tuesday=TUESDAY))
    standing.let_go()
    if standing.error:
        assert isinstance(standing.error, LakeError)
        assert "a later run has done it with version" in str(standing.error)
    assert held(spark, lake) == undisturbed["tuesday"]
