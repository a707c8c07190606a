"""A source of snapshots: what is there at once is the whole truth, and nothing goes by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from spark_jobs.raw.errors import SourceError
from spark_jobs.withdrawal import withdraw_file
from tests.contracts import contract_of
from tests.delta_logs import operations
from tests.integration.firm import Firm

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
sources:
  history: {path: raw/history/*.csv, format: csv, snapshot: true}
  batch: {path: raw/batch/*.csv, format: csv}
columns:
  trip: {type: int, required: true}
  km: {type: double}
key: [trip]
""")
FILE = "history/trips.csv"
TABLES = ("bronze", "valid", "quarantine", "duplicates", "deleted")


@pytest.fixture
def firm(spark: SparkSession, tmp_path: Path) -> Firm:
    """Return a lake with one snapshot of three trips, in two files."""
    firm = Firm(spark, tmp_path, TRIPS)
    firm.arrive(FILE, "trip,km\n1,5\n2,5\n")
    firm.arrive("history/more.csv", "trip,km\n3,5\n")
    return firm


def cleaned(firm: Firm) -> dict[str, TableReceipt]:
    ingestion, tables = firm.clean("history")
    return {"bronze": ingestion.table, **tables}


def trips_of(firm: Firm, tables: dict[str, TableReceipt]) -> tuple[list[int], list[int]]:
    """Return the trips that are valid, and those that are deleted."""
    valid, deleted = (
        sorted(row["trip"] for row in lake.read_table(firm.spark, tables[name]).collect())
        for name in ("valid", "deleted")
    )
    return valid, deleted


@pytest.mark.slow
def test_what_is_not_there_any_more_is_deleted_until_it_is_there_again(firm: Firm) -> None:
    assert trips_of(firm, cleaned(firm)) == ([1, 2, 3], [])
    firm.arrive(FILE, "trip,km\n1,5\n")
    tables = cleaned(firm)
    assert trips_of(firm, tables) == ([1, 3], [2])
    valid = tables["valid"]
    assert (valid.rows_in, valid.rows_out) == (5, 2)
    assert valid.set_aside == {"quarantined": 0, "duplicate": 2, "deleted": 1}
    before = [operations(tables[name].uri) for name in TABLES]
    assert cleaned(firm) == tables
    assert [operations(tables[name].uri) for name in TABLES] == before
    firm.arrive(FILE, "trip,km\n1,5\n2,5\n")  # as it was at first
    assert trips_of(firm, cleaned(firm)) == ([1, 2, 3], [])
    (firm.folder / "raw/history/more.csv").unlink()
    assert trips_of(firm, cleaned(firm)) == ([1, 2], [3])


@pytest.mark.slow
def test_other_sources_add_to_it_and_bring_back(firm: Firm) -> None:
    cleaned(firm)
    firm.arrive("batch/monday.csv", "trip,km\n4,5\n")
    firm.clean("batch")
    firm.arrive(FILE, "trip,km\n1,5\n")
    assert trips_of(firm, cleaned(firm)) == ([1, 3, 4], [2])
    firm.arrive("batch/tuesday.csv", "trip,km\n2,6\n")
    _, tables = firm.clean("batch")
    assert trips_of(firm, tables) == ([1, 2, 3, 4], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trip,km\n", "the snapshot of source 'history' has no row, which would delete all"),
        ("trip,km\n1,5\n", "lacks 2 of the 3 entities of the one before, more than the share 'max"),
        ("trip,km\n?,1\n3,1\n", "lacks 2 of the 3 entities of the one before"),
    ],
)
def test_a_snapshot_that_lacks_too_much_is_refused_and_nothing_is_taken(
    firm: Firm, text: str, said: str
) -> None:
    tables = cleaned(firm)
    (firm.folder / "raw/history/more.csv").unlink()
    firm.arrive(FILE, text)
    for _ in range(2):
        with pytest.raises(SourceError, match=said):
            cleaned(firm)
    assert len(operations(tables["bronze"].uri)) == 1
    firm.arrive(FILE, "trip,km\n1,5\n2,5\n")
    assert trips_of(firm, cleaned(firm)) == ([1, 2], [3])


@pytest.mark.slow
def test_a_withdrawn_file_is_not_part_of_a_snapshot(firm: Firm) -> None:
    cleaned(firm)
    more = "raw/history/more.csv"
    withdraw_file(firm.spark, TRIPS, more, lake_uri=str(firm.folder), reason="x", erase=False)
    assert trips_of(firm, cleaned(firm)) == ([1, 2], [])
    assert trips_of(firm, cleaned(firm)) == ([1, 2], [])
