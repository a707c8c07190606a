"""Two runs on one lake without its lock: one stands at a commit while the other runs whole.

No lock keeps two runs apart in Azure. Here both run in one JVM, where Delta is safe on a folder;
test_runs_in_two_processes has them on a storage account.
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
from spark_jobs.delta_log import LakeError
from tests.integration.runs_at_once import (
    COMMITS,
    FILES,
    FIRST_AND_SECOND,
    WORK,
    held,
    load,
    versions,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

SPLITS = ("train", "validation", "test")
# `make chaos` has all.
IS_WHOLE = os.environ.get("CHAOS") == "all"
CHOSEN = COMMITS if IS_WHOLE else [COMMITS[0], COMMITS[6], COMMITS[11], COMMITS[-3]]


class Standing:
    """A run in a thread of its own that stands at a commit until it is let go."""

    def __init__(self, spark: SparkSession, uri: str, marks: Path, work: str, point: str) -> None:
        (marks / faults.REACHED).unlink(missing_ok=True)  # what a run before this one has counted
        plan = {"point": f"run: {point}", "number": 1, "action": "wait"}
        (marks / faults.PLAN).write_text(json.dumps(plan))
        self.error: BaseException | None = None
        self._waiting = marks / faults.WAITING
        self._thread = threading.Thread(target=self._run, args=(spark, uri, work))
        self._thread.start()
        while not self._waiting.is_file() and self._thread.is_alive():
            time.sleep(0.01)

    def let_go(self) -> None:
        assert self._waiting.is_file(), f"it never stood there: {self.error}"
        self._waiting.unlink()
        self._thread.join()

    def _run(self, spark: SparkSession, uri: str, work: str) -> None:
        try:
            WORK[work](spark, uri)
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


def arrive(folder: Path, name: str) -> str:
    """Put a file into a lake, newer than those before it; return the lake's URI."""
    path, text = FILES[name]
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    moment = list(FILES).index(name)
    os.utime(file, (moment, moment))
    return str(folder)


@pytest.fixture(scope="module")
def undisturbed(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[str]]]:
    """Return what the tables have after each file that arrived, with those before it."""
    after = {}
    for work, names in FIRST_AND_SECOND.items():
        folder = tmp_path_factory.mktemp(work)
        for name in names:
            uri = arrive(folder, name)
            WORK[work](spark, uri)
            after[name] = held(spark, uri, work)
    return after


@pytest.mark.slow
@pytest.mark.parametrize("at", CHOSEN, ids=" ".join)
def test_the_same_run_twice_at_once_leaves_each_row_once(
    spark: SparkSession,
    tmp_path: Path,
    marks: Path,
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, point = at
    first, _ = FIRST_AND_SECOND[work]
    uri = arrive(tmp_path / "lake", first)
    standing = Standing(spark, uri, marks, work, point)
    WORK[work](spark, uri)
    standing.let_go()
    assert standing.error is None
    assert held(spark, uri, work) == undisturbed[first]
    before = versions(spark, uri, work)
    WORK[work](spark, uri)
    assert versions(spark, uri, work) == before


@pytest.mark.slow
@pytest.mark.parametrize("at", CHOSEN, ids=" ".join)
def test_a_run_that_is_overtaken_by_one_with_more_files_takes_nothing_back(
    spark: SparkSession,
    tmp_path: Path,
    marks: Path,
    undisturbed: dict[str, dict[str, list[str]]],
    at: tuple[str, str],
) -> None:
    work, point = at
    first, second = FIRST_AND_SECOND[work]
    uri = arrive(tmp_path / "lake", first)
    standing = Standing(spark, uri, marks, work, point)
    WORK[work](spark, arrive(tmp_path / "lake", second))
    standing.let_go()
    if standing.error:
        assert isinstance(standing.error, LakeError)
        assert "a later run has done it with version" in str(standing.error)
    assert held(spark, uri, work) == undisturbed[second]


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", [f"{moment} commit gold/trips/validation" for moment in ("before", "after")]
)
def test_training_reads_its_release_whole_while_another_run_loads(
    spark: SparkSession, tmp_path: Path, marks: Path, point: str
) -> None:
    pytest.importorskip("mltable", reason="only Azure's own Spark has it")
    from assets.mltables import read_rows, write_mltable  # noqa: PLC0415 # not in each environment
    from assets.readback import check_readback  # noqa: PLC0415 # same

    uri = arrive(tmp_path / "lake", "monday")
    released = load(spark, uri)
    for split in SPLITS:
        table = released[split]
        write_mltable(f"{tmp_path}/{split}", table_uri=table.uri, version=table.version)
    tuesday = arrive(tmp_path / "lake", "tuesday")
    standing = Standing(spark, tuesday, marks, "load", point)
    rows = {split: read_rows(f"{tmp_path}/{split}") for split in SPLITS}
    standing.let_go()
    assert standing.error is None
    assert sorted(trip for split in SPLITS for trip in rows[split]["trip"]) == sorted(range(40))
    for split in SPLITS:
        check_readback(split, rows[split], released[split])
        check_readback(split, read_rows(f"{tmp_path}/{split}"), released[split])
