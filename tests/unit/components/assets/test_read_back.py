"""A table is read back file by file, and of a later version no more than the files that differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.mltables import Card, read_rows, write_mltable
from assets.readback import Readback, ReadbackError, find_differences, read_back
from spark_jobs.checksum import checksum
from tests.unit.components.models import receipt_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark
TYPES = "city string, flights int, km double"
FIRST = [("Ulm", 1, 0.5), ("Bonn", None, 2.5), (None, 3, -1.5)]
SECOND = [("Ulm", 4, None), ("Kiel", 5, 7.25)]


class Table:
    """A table that grows by a file at each write, and what is known of its versions."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark = spark
        self._folder = folder
        self.uri = str(folder / "table")
        self.version = -1

    def append(self, rows: Sequence[tuple[object, ...]], types: str = TYPES) -> TableReceipt:
        written = self._spark.createDataFrame(rows, types).coalesce(1).write.format("delta")
        written.mode("append").option("mergeSchema", "true").save(self.uri)
        return self.receipt()

    def sql(self, statement: str) -> TableReceipt:
        self._spark.sql(statement.format(f"delta.`{self.uri}`"))
        return self.receipt()

    def receipt(self) -> TableReceipt:
        self.version += 1
        rows = self._spark.read.format("delta").option("versionAsOf", self.version).load(self.uri)
        counted = receipt_of(rows=rows.count(), checksum=checksum(rows))
        return replace(counted, uri=self.uri, version=self.version)

    def read_back(self, receipt: TableReceipt, before: Card | None = None) -> Readback:
        folder = str(self._folder / f"published{receipt.version}")
        write_mltable(folder, table_uri=self.uri, version=receipt.version)
        found = read_back("train", folder, receipt, before)
        whole = replace(receipt, checksum=found.checksum)
        assert find_differences(read_rows(folder), whole) == []
        return found


def card_of(receipt: TableReceipt, read: Readback) -> Card:
    at = receipt.version
    return Card("trips_train", "1", "r1", receipt.uri, at, receipt.rows_out, "c", read.checksum)


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> Table:
    return Table(spark, tmp_path)


def test_a_first_version_is_read_file_by_file(table: Table) -> None:
    table.append(FIRST)
    assert table.read_back(table.append(SECOND)).rows_read == 5


def test_of_a_later_version_new_files_and_those_that_went_are_read(table: Table) -> None:
    table.append(FIRST)
    first = table.append(SECOND)
    card = card_of(first, table.read_back(first))
    assert table.read_back(first, card).rows_read == 0
    assert table.read_back(table.append([("Hof", 9, 1.0)]), card).rows_read == 1
    later = table.sql("DELETE FROM {} WHERE city = 'Ulm' AND km IS NULL")
    # Hof's file, and that of SECOND before and after: 1 + 2 + 1 of 5 rows.
    assert table.read_back(later, card).rows_read == 4


@pytest.mark.slow
def test_all_files_are_read_when_the_greatest_number_went(table: Table) -> None:
    table.append(FIRST)
    first = table.append(SECOND)
    card = card_of(first, table.read_back(first))
    assert table.read_back(table.sql("DELETE FROM {} WHERE km = 7.25"), card).rows_read == 4


@pytest.mark.slow
def test_what_went_and_came_again_is_read_alone(table: Table) -> None:
    table.append(FIRST)
    first = table.append(SECOND)
    card = card_of(first, table.read_back(first))
    later = table.sql("UPDATE {} SET flights = 6 WHERE city = 'Kiel'")
    assert table.read_back(later, card).rows_read == 4  # of SECOND, before and after


# The sum of CRC-32 of 1, 3, 4 and 5 is 10369811768.
def test_a_new_file_that_is_not_what_spark_wrote_is_found_out(table: Table) -> None:
    first = table.append(FIRST)
    card = card_of(first, table.read_back(first))
    later = table.append(SECOND)
    flights = {**later.checksum["flights"], "crc32": 7}
    with pytest.raises(ReadbackError, match="flights: crc32 is 10369811768, Spark's is 7"):
        table.read_back(replace(later, checksum={**later.checksum, "flights": flights}), card)


@pytest.mark.slow
def test_a_card_that_tells_of_other_rows_is_not_believed(table: Table) -> None:
    first = table.append(FIRST)
    read = table.read_back(first)
    wrong = {**read.checksum, "city": {**read.checksum["city"], "nulls": 0}}
    card = replace(card_of(first, read), read=wrong)
    assert table.read_back(table.append(SECOND), card).rows_read == 5


@pytest.mark.slow
def test_where_a_file_that_went_is_lost_all_that_are_there_are_read(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    first = table.append(FIRST)
    (lost,) = Path(table.uri).glob("*.parquet")
    card = card_of(first, table.read_back(first))
    later = table.sql("UPDATE {} SET flights = 6 WHERE city = 'Ulm'")
    lost.unlink()
    assert table.read_back(later, card).rows_read == 3
    assert "all files are read: of those before" in caplog.text


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Using alternate reader")  # who reads it whole is warned
def test_a_column_that_came_later_is_null_in_files_of_before(table: Table) -> None:
    table.append(FIRST)
    later = table.append([("Hof", 9, 1.0, "x")], f"{TYPES}, note string")
    assert later.checksum["note"]["nulls"] == 3
    assert table.read_back(later).rows_read == 4


@pytest.mark.slow
def test_a_table_with_a_column_of_the_name_that_mltable_takes_is_read_whole(table: Table) -> None:
    receipt = table.append([("a", 1), ("b", 2)], "Path string, flights int")
    assert table.read_back(receipt).rows_read == 2
