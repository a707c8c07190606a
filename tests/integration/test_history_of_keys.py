"""The table of the history is a function of bronze: it is the same however rows were cleaned."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from spark_jobs.clean import clean_dataset
from spark_jobs.ingest import ingest_source
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

PLAIN = """
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  fare: {type: double, required: true}
  day: {type: date, required: true}
  gone: {type: boolean}
key: [trip]
newest_by: [day]
deleted_when: gone
"""
TRIPS = contract_of(f"{PLAIN}history: true\n")
# In the order of their arrival; the second is the oldest of days.
FILES = (
    "1,5,2024-01-02,\n2,5,2024-01-02,\n4,x,2024-01-02,\n",
    "1,4,2024-01-01,\n3,4,2024-01-01,\n",
    "1,6,2024-01-03,\n2,,2024-01-03,yes\n",
)
HISTORY = [
    (1, 4.0, "2024-01-01", "2024-01-02", "newer_row"),
    (1, 5.0, "2024-01-02", "2024-01-03", "newer_row"),
    (1, 6.0, "2024-01-03", None, None),
    (2, 5.0, "2024-01-02", "2024-01-03", "deleted_when"),
    (3, 4.0, "2024-01-01", None, None),
]


def arrive(folder: Path, number: int) -> None:
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "raw" / f"{number}.csv").write_text(f"trip,fare,day,gone\n{FILES[number]}")


def clean(spark: SparkSession, folder: Path, contract: Dataset = TRIPS) -> dict[str, TableReceipt]:
    bronze = ingest_source(
        spark, contract, lake_uri=str(folder), source="history", as_of="arrival"
    ).table
    return dict(clean_dataset(spark, bronze, contract, lake_uri=str(folder)).tables)


def versions(spark: SparkSession, tables: dict[str, TableReceipt]) -> list[tuple[object, ...]]:
    rows = lake.read_table(spark, tables["history"]).selectExpr(
        *("trip", "fare", "string(valid_from)", "string(valid_to)", "ended_by")
    )
    return sorted((tuple(row) for row in rows.collect()), key=str)


@pytest.mark.slow
def test_late_rows_take_their_place_and_the_same_run_again_commits_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    for number in range(3):
        arrive(tmp_path / "apart", number)
        apart = clean(spark, tmp_path / "apart")
        arrive(tmp_path / "together", number)
    together = clean(spark, tmp_path / "together")
    assert versions(spark, apart) == HISTORY
    assert versions(spark, together) == HISTORY
    uri = f"{tmp_path}/apart/silver/trips/history"
    assert apart["history"].uri == uri
    before = operations(uri)
    assert clean(spark, tmp_path / "apart") == apart
    shutil.rmtree(tmp_path / "apart" / "done")  # as if the run had been killed before its end
    assert clean(spark, tmp_path / "apart") == apart
    assert operations(uri) == before


@pytest.mark.slow
def test_a_run_that_was_killed_before_the_history_ends_equal_and_without_one_nothing_is_kept(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = contract_of(PLAIN)
    arrive(tmp_path, 0)
    assert "history" not in clean(spark, tmp_path, plain)
    clean(spark, tmp_path)
    arrive(tmp_path, 1)
    arrive(tmp_path, 2)
    sync = lake.sync_rows

    def break_off(rows: DataFrame, uri: str, **named: object) -> None:
        if uri.endswith("history"):
            raise OSError("no space")
        sync(rows, uri, **named)  # type: ignore[arg-type] # as they came

    with monkeypatch.context() as broken:
        broken.setattr(lake, "sync_rows", break_off)
        with pytest.raises(OSError, match="no space"):
            clean(spark, tmp_path)
    assert versions(spark, clean(spark, tmp_path)) == HISTORY
    assert versions(spark, clean(spark, tmp_path, plain)) == []
