"""Tables that grow by many small commits stay in few files, and lose nothing by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs import compaction, lake
from spark_jobs.delta_files import data_files
from spark_jobs.delta_log import WriteConflictError, commit_id
from spark_jobs.row_changes import with_row_hash
from spark_jobs.version_changes import changes_since
from tests.delta_logs import commits, live_files, operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

DAY = {"step": "a day"}


def rows_up_to(spark: SparkSession, day: int, *, files: int = 3) -> DataFrame:
    """Return ten rows for each day so far, in so many files for those of a day."""
    rows = spark.range(10 * (day + 1)).repartition(files)
    return with_row_hash(rows, ["id"])


def grow(spark: SparkSession, uri: str, days: range, *, files: int = 3) -> None:
    for day in days:
        rows = rows_up_to(spark, day, files=files)
        lake.sync_rows(rows, uri, key=["id"], among=rows, record=DAY | {"day": day})


@pytest.fixture
def uri(spark: SparkSession, tmp_path: Path) -> str:
    """Return a table at version 9, to which each commit has added three files."""
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    lake.sync_table(rows_up_to(spark, 0), f"{tmp_path}/table", key=["id"], record=DAY)
    grow(spark, f"{tmp_path}/table", range(1, 10))
    spark.conf.unset("spark.sql.adaptive.coalescePartitions.enabled")
    return f"{tmp_path}/table"


@pytest.mark.slow
def test_many_small_files_are_put_together_after_the_write_that_makes_them_many(
    spark: SparkSession, uri: str
) -> None:
    assert len(live_files(uri)) > 20
    rows = rows_up_to(spark, 10)
    state = lake.sync_rows(rows, uri, key=["id"], among=rows, record=DAY | {"day": 10})
    assert operations(uri) == ["WRITE"] * 11 + ["OPTIMIZE"]
    assert (state.version, state.record) == (11, DAY | {"day": 10})
    assert all(not add["dataChange"] for add in commits(uri)[-1]["add"])
    assert len(data_files(spark, uri, 11)) == 1
    assert sorted(r.id for r in lake.read_version(spark, uri, 11).collect()) == list(range(110))
    assert lake.read_version(spark, uri, 3).count() == 40
    assert lake.sync_rows(rows, uri, key=["id"], among=rows, record=DAY) == state
    earlier = f"{state.id}@9#{commit_id(spark, uri, 9)}"
    changes = changes_since(spark, lake.receipt_at(spark, state), earlier)
    assert changes
    changes = changes.differing(["id", "_row_hash"])
    assert changes.gone.isEmpty()
    assert sorted(row.id for row in changes.new.collect()) == list(range(100, 110))


def test_few_files_stay_as_they_are(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"{tmp_path}/table"
    lake.sync_table(rows_up_to(spark, 0, files=1), uri, key=["id"], record=DAY)
    grow(spark, uri, range(1, 11), files=1)
    assert operations(uri) == ["WRITE"] * 11


@pytest.mark.slow
def test_a_run_that_writes_before_files_are_put_together_is_a_conflict(
    spark: SparkSession, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = compaction.compacted

    def overtaken(*of: object) -> object:
        monkeypatch.setattr(lake, "compacted", counted)
        grow(spark, uri, range(11, 12))
        return counted(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(lake, "compacted", overtaken)
    with pytest.raises(WriteConflictError, match="another run wrote version"):
        grow(spark, uri, range(10, 11))
    newest = spark.read.format("delta").load(uri)
    assert sorted(row.id for row in newest.collect()) == list(range(120))
