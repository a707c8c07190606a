"""Lineage is read from the logs of real Delta tables, also of old ones, and of files taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.dataset as ds
import pytest

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.graph import Lineage
from aml_pipelines.lineage.rows import find_rows, rows_of_file
from aml_pipelines.lineage.things import file_of, table_of
from spark_jobs.withdrawal import withdraw_file
from tests.integration.arriving import DAYS, TRIPS, Arriving

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark
BRONZE = "bronze/trips/rows"
MONDAY, TUESDAY = (f"raw/{day}.csv" for day in DAYS[:2])


@pytest.fixture
def arriving(spark: SparkSession, tmp_path: Path) -> Arriving:
    """Return a lake with the rows of two files, as they came."""
    lake = Arriving(spark, tmp_path / "lake")
    for day in DAYS[:2]:
        lake.arrive(day)
        lake.run(until="ingest")
    return lake


def lineage_of(lake: Arriving) -> Lineage:
    return Lineage(lake.folder, lake.folder)


def test_the_log_of_an_old_table_is_read_from_its_checkpoint(arriving: Arriving) -> None:
    young = lineage_of(arriving)
    log = young.tables[BRONZE]
    arriving.checkpoint(BRONZE)
    (log.folder / "_delta_log" / f"{0:020}.json").unlink()
    old = lineage_of(arriving)
    assert old.tables[BRONZE].id == log.id
    stored = arriving.spark.read.format("delta").load(str(log.folder))
    files = {f"file:{file}" for file in old.tables[BRONZE].newest_files}
    assert files == {*stored.inputFiles()}
    assert old.tables[BRONZE].newest == 1
    ids = old.tables[BRONZE].rows(["_row_id"])["_row_id"].to_pylist()
    assert sorted(ids) == sorted(row["_row_id"] for row in stored.collect())
    assert old.sources(table_of(BRONZE, 1)) == [file_of(MONDAY), file_of(TUESDAY)]


@pytest.mark.slow
def test_a_file_that_was_withdrawn_is_no_source_of_later_versions(arriving: Arriving) -> None:
    spark, uri = arriving.spark, str(arriving.folder)
    withdraw_file(spark, TRIPS, TUESDAY, lake_uri=uri, reason="a test", erase=False)
    lineage = lineage_of(arriving)
    bronze = [table_of(BRONZE, version) for version in range(3)]
    assert [lineage.sources(version) for version in bronze] == [
        [file_of(MONDAY)],
        [file_of(MONDAY), file_of(TUESDAY)],
        [file_of(MONDAY)],
    ]
    assert lineage.results(file_of(TUESDAY)) == [bronze[1]]
    log = lineage.tables[BRONZE]
    assert (rows_of_file(lineage, log, MONDAY), rows_of_file(lineage, log, TUESDAY)) == (31, 0)
    (row_id,) = find_rows(lineage, f"{BRONZE}?trip=7", at_most=1)
    assert log.rows(["km"], ds.field("_row_id") == row_id)["km"].to_pylist() == ["7"]


@pytest.mark.slow
def test_a_lost_file_of_a_table_is_an_error_that_names_the_table(arriving: Arriving) -> None:
    lineage = lineage_of(arriving)
    lineage.tables[BRONZE].newest_files[0].unlink()
    with pytest.raises(CommandFailedError, match=f"^{BRONZE}: its rows cannot be read: .*part-"):
        lineage.sources(table_of(BRONZE, 0))
