"""A deleted entity is in no valid row, feature or batch, and comes back with a later row."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from spark_jobs.withdrawal import withdraw_file
from tests.contracts import contract_of
from tests.delta_logs import operations
from tests.integration.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

CONTRACT = """
sources:
  history: {path: raw/history/*.csv, format: csv}
  batch: {path: raw/batch/*.csv, format: csv}
columns:
  trip: {type: int, required: true}
  km: {type: double, required: true}
  took: {type: int}
  gone: {type: boolean}
key: [trip]
missing_columns: "null"
label: {name: is_late, expression: took > 15}
"""
TRIPS = contract_of(f"{CONTRACT}deleted_when: gone\n")
LENIENT = contract_of(f"{CONTRACT}deleted_when: gone\nmax_quarantined: 1.0\n")
TABLES = ("valid", "quarantine", "duplicates", "deleted")
MONDAY = "trip,km,took,gone\n1,9.5,20,\n2,3,5,\n4,x,1,\n"
TUESDAY = "trip,km,took,gone\n2,,,yes\n3,1,9,\n?,1,1,yes\n"
# What one arrival has of an entity, as a row without its key.
TOLD, PAID, GONE, BROKEN = "1,,", "2,7,", ",,yes", "x,,"


@pytest.fixture
def firm(spark: SparkSession, tmp_path: Path) -> Firm:
    firm = Firm(spark, tmp_path, TRIPS)
    firm.arrive("history/monday.csv", MONDAY)
    return firm


def trips_of(firm: Firm, table: TableReceipt) -> list[int | None]:
    return sorted((row["trip"] for row in lake.read_table(firm.spark, table).collect()), key=str)


def all_trips(firm: Firm, tables: dict[str, TableReceipt]) -> dict[str, list[int | None]]:
    return {name: trips_of(firm, tables[name]) for name in TABLES}


@pytest.mark.slow
def test_every_row_is_in_one_table_and_the_same_run_again_commits_nothing(firm: Firm) -> None:
    firm.clean("history")
    firm.arrive("history/tuesday.csv", TUESDAY)
    _, tables = firm.clean("history")
    assert all_trips(firm, tables) == {
        "valid": [1, 3],
        "quarantine": [4, None],
        "duplicates": [2],
        "deleted": [2],
    }
    assert trips_of(firm, tables["features"]) == [1, 3]
    valid = tables["valid"]
    assert (valid.rows_in, valid.rows_out) == (6, 2)
    assert valid.set_aside == {"quarantined": 2, "duplicate": 1, "deleted": 1}
    assert tables["deleted"].uri == f"{firm.folder}/silver/trips/deleted"
    before = [operations(tables[name].uri) for name in TABLES]
    assert firm.clean("history")[1] == tables
    for done in (firm.folder / "done").rglob("*clean.json"):
        done.unlink()
    assert firm.clean("history")[1] == tables
    assert [operations(tables[name].uri) for name in TABLES] == before


@pytest.mark.slow
def test_a_later_row_brings_the_entity_back_without_its_former_outcome(firm: Firm) -> None:
    firm.clean("history")
    firm.arrive("history/tuesday.csv", "trip,km,took,gone\n2,,,yes\n")
    firm.clean("history")
    firm.arrive("batch/friday.csv", "trip,km\n2,4\n")
    _, tables = firm.clean("batch")
    assert all_trips(firm, tables)["deleted"] == []
    rows = lake.read_table(firm.spark, tables["features"]).where("trip = 2")
    assert [(row["km"], row["is_late"]) for row in rows.collect()] == [(4.0, None)]


@pytest.mark.slow
def test_a_deletion_that_is_withdrawn_deletes_nothing(firm: Firm) -> None:
    firm.clean("history")
    firm.arrive("history/tuesday.csv", TUESDAY)
    firm.clean("history")
    file = "raw/history/tuesday.csv"
    withdraw_file(firm.spark, TRIPS, file, lake_uri=str(firm.folder), reason="x", erase=False)
    _, tables = firm.clean("history")
    assert all_trips(firm, tables) == {
        "valid": [1, 2],
        "quarantine": [4],
        "duplicates": [],
        "deleted": [],
    }


@pytest.mark.slow
def test_a_contract_that_knows_no_deletions_has_no_table_of_them_until_it_does(
    spark: SparkSession, tmp_path: Path
) -> None:
    plain, deleting = (Firm(spark, tmp_path, c) for c in (contract_of(CONTRACT), TRIPS))
    plain.arrive("history/monday.csv", "trip,km,took,gone\n1,9.5,20,yes\n")
    _, tables = plain.clean("history")
    assert (trips_of(plain, tables["valid"]), "deleted" in tables) == ([1], False)
    _, tables = deleting.clean("history")
    assert (trips_of(plain, tables["valid"]), trips_of(plain, tables["deleted"])) == ([], [1])
    _, tables = plain.clean("history")
    assert (trips_of(plain, tables["valid"]), trips_of(plain, tables["deleted"])) == ([1], [])


@pytest.mark.slow
def test_a_batch_rejects_rows_of_a_deleted_entity_and_withdraws_their_scores(firm: Firm) -> None:
    firm.arrive("batch/friday.csv", "trip,km\n7,1\n8,1\n9,1\n")
    firm.score("run 1", {7: 0.7, 8: 0.8, 9: 0.9})
    firm.arrive("history/tuesday.csv", "trip,gone\n8,yes\n")
    firm.clean("history")
    assert firm.scores() == [(7, 0.7, "run 1"), (8, 0.8, "run 1"), (9, 0.9, "run 1")]
    firm.score("run 2", {7: 0.7, 9: 0.9})
    assert firm.scores() == [(7, 0.7, "run 1"), (9, 0.9, "run 1")]
    assert firm.rejected() == [(8, "deleted")]
    firm.arrive("batch/sunday.csv", "trip,km,gone\n9,,yes\n8,2,\n")
    firm.score("run 3", {7: 0.7, 8: 0.6})
    assert firm.scores() == [(7, 0.7, "run 1"), (8, 0.6, "run 3")]
    assert firm.rejected() == [(8, "duplicate"), (9, "deleted"), (9, "deleted")]


@pytest.mark.slow
@pytest.mark.parametrize("table", ["duplicates", "valid"])
def test_a_run_that_was_killed_between_two_tables_ends_equal(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    firm.clean("history")
    firm.arrive("history/tuesday.csv", TUESDAY)
    sync = lake.sync_rows

    def break_off(rows: DataFrame, uri: str, **named: object) -> None:
        if uri.endswith(f"silver/trips/{table}"):
            raise OSError("no space")
        sync(rows, uri, **named)  # type: ignore[arg-type] # as they came

    with monkeypatch.context() as broken:
        broken.setattr(lake, "sync_rows", break_off)
        with pytest.raises(OSError, match="no space"):
            firm.clean("history")
    _, tables = firm.clean("history")
    assert all_trips(firm, tables) == {
        "valid": [1, 3],
        "quarantine": [4, None],
        "duplicates": [2],
        "deleted": [2],
    }


def model(arrivals: Sequence[str | None]) -> dict[str, list[int]]:
    """Return the days on which the rows of one entity came, by the table that they are in."""
    quarantined = [day for day, row in enumerate(arrivals) if row == BROKEN]
    rows = {day: row for day, row in enumerate(arrivals) if row not in {None, BROKEN}}
    if not rows:
        return {"valid": [], "duplicates": [], "deleted": [], "quarantine": quarantined}
    last_deletion = max((day for day, row in rows.items() if row == GONE), default=-1)
    alive = [day for day in rows if day > last_deletion]
    known = [day for day in alive if rows[day] == PAID]
    valid = [max(known or alive)] if alive else []
    deleted = [] if alive else [last_deletion]
    losers = [day for day in rows if day not in {*valid, *deleted}]
    tables = {"valid": valid, "duplicates": losers, "deleted": deleted}
    return {**tables, "quarantine": quarantined}


@pytest.mark.slow
def test_every_course_of_an_entity_that_is_cleaned_day_by_day_ends_as_the_model_says(
    spark: SparkSession, tmp_path: Path
) -> None:
    courses = list(enumerate(product([None, TOLD, PAID, GONE, BROKEN], repeat=3)))
    firm = Firm(spark, tmp_path, LENIENT)
    tables: dict[str, TableReceipt] = {}
    for day in range(3):
        rows = [f"{trip},{course[day]}" for trip, course in courses if course[day]]
        firm.arrive(f"history/{day}.csv", "\n".join(["trip,km,took,gone", *rows]))
        _, tables = firm.clean("history")
    found = {name: days_of(firm, tables[name]) for name in TABLES}
    expected: dict[str, list[tuple[int, str]]] = {name: [] for name in TABLES}
    for trip, course in courses:
        for name, days in model(course).items():
            expected[name] += [(trip, f"raw/history/{day}.csv") for day in days]
    assert found == {name: sorted(rows) for name, rows in expected.items()}


def days_of(firm: Firm, table: TableReceipt) -> list[tuple[int, str]]:
    rows = lake.read_table(firm.spark, table).collect()
    return sorted((row["trip"], row["_source_file"]) for row in rows)
