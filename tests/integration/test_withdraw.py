"""A withdrawn file leaves the lake as if it had never come, and does not come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from spark_jobs import lake
from spark_jobs.delta_log import LakeError
from spark_jobs.split import split_features
from spark_jobs.withdrawal import Withdrawal, withdraw_file
from tests.contracts import contract_of
from tests.delta_logs import commits
from tests.integration.firm import TRIPS, Firm

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

MONDAY, TUESDAY = "raw/history/monday.csv", "raw/history/tuesday.csv"
TABLES = (
    "silver/trips/valid",
    "silver/trips/duplicates",
    "quarantine/trips/rows",
    "gold/trips/features",
)


@pytest.fixture
def firm(spark: SparkSession, tmp_path: Path) -> Firm:
    """Return a lake with two files: the second corrects a trip of the first, and has a bad row."""
    firm = Firm(spark, tmp_path)
    firm.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n2,3,5\n")
    firm.clean("history")
    firm.arrive("history/tuesday.csv", "trip,km,took\n2,4,50\n3,1,9\n?,1,1\n")
    firm.clean("history")
    return firm


def withdraw(firm: Firm, file: str, *, reason: str = "asked to", erase: bool = False) -> Withdrawal:
    return withdraw_file(
        firm.spark, TRIPS, file, lake_uri=str(firm.folder), reason=reason, erase=erase
    )


def rows_of(firm: Firm, table: str) -> list[tuple[object, ...]]:
    rows = firm.spark.read.format("delta").load(f"{firm.folder}/{table}")
    plain = rows.select(*(name for name in rows.columns if not name.startswith("_")))
    return sorted((tuple(row) for row in plain.collect()), key=str)


@pytest.mark.slow
def test_the_lake_is_as_if_the_file_had_never_come(
    firm: Firm, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = withdraw(firm, TUESDAY)
    assert done.rows == {
        "gold/trips/features": 2,
        "silver/trips/valid": 2,
        "quarantine/trips/rows": 1,
        "bronze/trips/rows": 3,
    }
    firm.clean("history")
    never = Firm(spark, tmp_path_factory.mktemp("never"))
    never.arrive("history/monday.csv", "trip,km,took\n1,9.5,20\n2,3,5\n")
    never.clean("history")
    assert {t: rows_of(firm, t) for t in TABLES} == {t: rows_of(never, t) for t in TABLES}


@pytest.mark.slow
def test_a_withdrawn_file_is_not_ingested_again_but_a_corrected_one_is(firm: Firm) -> None:
    withdraw(firm, TUESDAY)
    ingestion, _ = firm.clean("history")
    assert ingestion.new_files == 0
    firm.arrive("history/tuesday.csv", "trip,km,took\n7,1,9\n")
    ingestion, tables = firm.clean("history")
    assert ingestion.new_files == 1
    assert {row["trip"] for row in lake.read_table(firm.spark, tables["valid"]).collect()} == {
        1,
        2,
        7,
    }


@pytest.mark.slow
def test_each_table_has_one_commit_that_says_what_and_why(firm: Firm) -> None:
    withdraw(firm, MONDAY, reason="article 17")
    for table in ("bronze/trips/rows", "silver/trips/valid", "gold/trips/features"):
        info = commits(f"{firm.folder}/{table}")[-1]["commitInfo"][0]
        record = json.loads(info["userMetadata"])
        assert (record["step"], record["file"]) == ("withdraw", MONDAY)
        assert record["reason"] == "article 17"
    again = withdraw(firm, MONDAY, reason="again")
    assert again.rows == {}
    assert rows_of(firm, "bronze/trips/withdrawn") == [("article 17",)]


@pytest.mark.slow
def test_one_that_broke_off_is_finished_by_the_same_command(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = lake.delete_where

    def break_off(spark: SparkSession, uri: str, *given: object, **named: object) -> int:
        if uri.endswith("bronze/trips/rows"):
            raise OSError("no space")
        return deleted(spark, uri, *given, **named)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr("spark_jobs.lake.delete_where", break_off)
    with pytest.raises(OSError, match="no space"):
        withdraw(firm, TUESDAY)
    monkeypatch.undo()
    assert withdraw(firm, TUESDAY).rows == {"bronze/trips/rows": 3}


@pytest.mark.slow
def test_scores_and_batches_of_the_file_go_with_it(firm: Firm) -> None:
    firm.arrive("batch/friday.csv", "trip,km\n8,1\nx,2\n")
    firm.arrive("batch/sunday.csv", "trip,km\n9,1\n")
    firm.score("run 1", {8: 0.8, 9: 0.9})
    done = withdraw(firm, "raw/batch/friday.csv")
    assert done.rows["gold/trips/scores"] == 1
    assert done.rows["gold/trips/rejected_scores"] == 1
    assert firm.scores() == [(9, 0.9, "run 1")]
    (batch,) = (firm.folder / "batches" / "trips").iterdir()
    assert [row[0] for row in rows_of(firm, f"batches/trips/{batch.name}/batch")] == [9]
    assert rows_of(firm, f"batches/trips/{batch.name}/rejected") == []
    again = firm.score("run 2", {9: 0.1})
    assert firm.scores() == [(9, 0.9, "run 1")]
    assert (again["scores"].rows_in, again["scores"].rows_out) == (1, 1)


@pytest.mark.slow
def test_training_rows_of_the_file_go_with_it(spark: SparkSession, tmp_path: Path) -> None:
    contract = contract_of("""
    sources: {history: {path: raw/history/*.csv, format: csv}}
    columns: {trip: {type: int, required: true}, km: {type: double}, took: {type: int}}
    key: [trip]
    label: {name: is_late, expression: took > 15}
    split: {by: key, train: 0.4, validation: 0.3, test: 0.3}
    """)
    firm = Firm(spark, tmp_path, contract)
    for name, numbers in (("monday", range(40)), ("tuesday", range(40, 90))):
        text = "".join(f"{number},1,{number}\n" for number in numbers)
        firm.arrive(f"history/{name}.csv", f"trip,km,took\n{text}")
    _, tables = firm.clean("history")
    split_features(spark, tables["features"], contract, lake_uri=str(tmp_path))
    withdraw_file(spark, contract, MONDAY, lake_uri=str(tmp_path), reason="asked to", erase=False)
    parts = ("train", "validation", "test")
    left = {row[0] for part in parts for row in rows_of(firm, f"gold/trips/{part}")}
    assert left == set(range(40, 90))


@pytest.mark.slow
def test_erased_rows_are_in_no_file_of_the_lake(firm: Firm) -> None:
    firm.arrive("history/secret.csv", "trip,km,took\n424242,1,1\n")
    firm.clean("history")
    (firm.folder / "raw" / "history" / "secret.csv").unlink()
    withdraw(firm, "raw/history/secret.csv", erase=True)
    kept = [
        row["trip"]
        for table in ("bronze/trips/rows", *TABLES[:3])
        for file in (firm.folder / table).rglob("*.parquet")
        if "_delta_log" not in file.parts
        for row in firm.spark.read.parquet(str(file)).select("trip").collect()
    ]
    assert kept
    assert not {424242, "424242"} & set(kept)


def test_a_file_that_the_lake_does_not_know_is_answered_with_those_like_it(firm: Firm) -> None:
    with pytest.raises(
        LakeError, match=r"'trips' has no rows of 'raw/monday.csv'; it has those of raw/h"
    ):
        withdraw(firm, "raw/monday.csv")
