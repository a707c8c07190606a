"""A trial counts what ingest and clean would make of a file, and shows what they would not take."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from conf.document import ConfError
from spark_jobs.raw.errors import SourceError
from spark_jobs.trial import Trial, try_files
from tests.contracts import contract_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    sources:
      history: {path: raw/*.csv, format: csv}
      table: {path: raw/table, format: delta}
    columns:
      trip: {type: int, required: true}
      city: {type: string, allowed: [Aix, Ulm]}
    key: [trip]
    rules: {the_trip_is_odd: trip % 2 = 1}
""")
ROWS = "trip,city\n1,Ulm\n1,Ulm\n2,Aix\n3,Rom\nx,Ulm\n5,Aix\n"


def trial_of(
    spark: SparkSession,
    folder: Path,
    text: str,
    *,
    contract: Dataset = TRIPS,
    most_rows: int | None = None,
    most: int = 10,
) -> Trial:
    # One file, and no pattern: Hadoop writes its address in another way then.
    (folder / "one file.csv").write_text(text)
    return try_files(
        spark,
        contract,
        [f"{folder}/one file.csv"],
        source="history",
        most_rows=most_rows,
        most_examples=most,
    )


def test_every_row_has_one_verdict_and_broken_rules_are_counted(
    spark: SparkSession, tmp_path: Path
) -> None:
    trial = trial_of(spark, tmp_path, ROWS)

    assert (trial.files, trial.rows, trial.is_whole) == (("one file.csv",), 6, True)
    assert trial.verdicts == {"valid": 2, "quarantined": 3, "duplicate": 1}
    assert trial.broken_rules == {
        "city_is_allowed": 1,
        "the_trip_is_odd": 2,
        "trip_is_a_int": 1,
    }


def test_rows_that_delete_their_entity_are_counted_where_a_contract_knows_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    deleting = replace(TRIPS, deleted_when="city = 'Aix'")
    trial = trial_of(spark, tmp_path, "trip,city\n1,Ulm\n3,Aix\n", contract=deleting)
    assert trial.verdicts == {"valid": 1, "quarantined": 0, "duplicate": 0, "deleted": 1}


def test_broken_rows_are_shown_with_their_rules_and_their_text(
    spark: SparkSession, tmp_path: Path
) -> None:
    trial = trial_of(spark, tmp_path, ROWS)

    shown = {json.loads(row.text)["trip"]: row.rules for row in trial.examples}
    assert shown == {
        "2": ("the_trip_is_odd",),
        "3": ("city_is_allowed",),
        "x": ("trip_is_a_int", "the_trip_is_odd"),
    }
    assert len(trial_of(spark, tmp_path, ROWS, most=1).examples) == 1


@pytest.mark.parametrize(("most_rows", "is_whole"), [(6, True), (5, False)])
def test_a_sample_says_that_it_is_one(
    spark: SparkSession, tmp_path: Path, most_rows: int, *, is_whole: bool
) -> None:
    trial = trial_of(spark, tmp_path, ROWS, most_rows=most_rows)

    assert (trial.rows, trial.is_whole) == (most_rows, is_whole)
    assert sum(trial.verdicts.values()) == most_rows


def test_nothing_is_written(spark: SparkSession, tmp_path: Path) -> None:
    trial_of(spark, tmp_path, ROWS)

    assert [file.name for file in tmp_path.iterdir()] == ["one file.csv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city\nUlm\n", "columns ['trip'] are missing"),
        ("trip,city,fare\n1,Ulm,2\n", "columns ['fare'] are not in the contract"),
        ("", "is empty"),
    ],
)
def test_a_file_that_the_contract_does_not_take_is_refused(
    spark: SparkSession, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SourceError) as refused:
        trial_of(spark, tmp_path, text)
    assert said in str(refused.value)
    assert "one file.csv" in str(refused.value)


def test_a_table_and_no_file_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    for source, said in (("table", "is a Delta table"), ("history", "there is no file at")):
        with pytest.raises(SourceError, match=said):
            try_files(
                spark, TRIPS, [f"{tmp_path}/x"], source=source, most_rows=None, most_examples=1
            )


def test_a_rule_that_spark_does_not_take_is_found_first(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of("""
        columns: {trip: {type: int, required: true}}
        key: [trip]
        rules: {wrong: "abs(trip, 1) = 1"}
    """)
    with pytest.raises(ConfError, match="wrong"):
        try_files(
            spark, contract, [f"{tmp_path}/x"], source="history", most_rows=None, most_examples=1
        )


def test_a_trial_is_plain_json(spark: SparkSession, tmp_path: Path) -> None:
    trial = trial_of(spark, tmp_path, ROWS)

    assert json.loads(json.dumps(asdict(trial)))["verdicts"]["quarantined"] == 3


def test_warnings_and_rules_that_more_rows_break_than_tolerated_are_told(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of("""
        sources: {history: {path: raw/*.csv, format: csv}}
        related: [cities]
        columns:
          trip: {type: int, required: true}
          city: {type: string, allowed: [Aix, Ulm], level: fail, tolerance: 0.1}
        key: [trip]
        newest_by: [trip]
        rules:
          the_trip_is_odd: {expression: trip % 2 = 1, level: warn}
          the_trip_is_small: {expression: trip < 100, level: fail}
        table_rules:
          many: {measure: row_count, min: 100}
          known: {foreign_key: {columns: [city], dataset: cities, references: [name]}}
          one: {unique: [city]}
    """)
    (tmp_path / "a.csv").write_text("trip,city\n1,Ulm\n2,Aix\n4,Rom\n6,Aix\n")
    trial = try_files(
        spark, contract, [f"{tmp_path}/a.csv"], source="history", most_rows=None, most_examples=9
    )

    assert trial.verdicts == {"valid": 2, "quarantined": 2, "duplicate": 0}
    assert trial.broken_rules == {"city_is_allowed": 1, "one": 1, "the_trip_is_odd": 2}
    assert trial.warnings == {"the_trip_is_odd": 1}
    assert (trial.failing, trial.unjudged) == (["city_is_allowed"], ["many", "known"])
