"""Silver is a function of bronze and the contract: every row is in one of three tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality

from spark_jobs import lake
from spark_jobs.clean import clean_dataset
from spark_jobs.delta_log import LakeError
from spark_jobs.ingest import ingest_source
from spark_jobs.quality import QualityError, count_broken_rules
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt

pytestmark = pytest.mark.spark

TRIPS = """
sources: {history: {path: raw/*.csv, format: csv}}
columns:
  trip: {type: int, required: true}
  fare: {type: double, max: 100}
key: [trip]
"""
TABLES = ("valid", "quarantine", "duplicates")


def clean(
    spark: SparkSession, folder: Path, contract: Dataset, *, as_of: str = "2024-01-31"
) -> dict[str, TableReceipt]:
    bronze = ingest_source(spark, contract, lake_uri=str(folder), source="history", as_of=as_of)
    return dict(clean_dataset(spark, bronze.table, contract, lake_uri=str(folder)).tables)


def trips_of(spark: SparkSession, tables: dict[str, TableReceipt], table: str) -> DataFrame:
    return lake.read_table(spark, tables[table]).select("trip", "fare")


def trips(spark: SparkSession, *rows: tuple[int, float | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "trip int, fare double")


def commits_of(tables: dict[str, TableReceipt]) -> list[int]:
    return [len(operations(tables[table].uri)) for table in TABLES]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "1.csv").write_text("trip,fare\n1,9.5\n2,x\n3,\n4,200\n1,9.5\n?\n")
    return folder


@pytest.mark.usefixtures("raw")
def test_every_row_is_valid_quarantined_or_duplicate_and_a_second_run_commits_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(TRIPS)
    tables = clean(spark, tmp_path, contract)
    valid = tables["valid"]
    assert (valid.rows_in, valid.rows_out) == (6, 2)
    assert valid.set_aside == {"quarantined": 3, "duplicate": 1}
    assert [tables[table].rows_out for table in TABLES] == [2, 3, 1]
    for table, rows in (("valid", [(1, 9.5), (3, None)]), ("duplicates", [(1, 9.5)])):
        actual = trips_of(spark, tables, table)
        assert_df_equality(actual, trips(spark, *rows), ignore_row_order=True, ignore_nullable=True)
    quarantine = lake.read_table(spark, tables["quarantine"])
    assert_df_equality(
        quarantine.select("broken_rules", "original", "_source_file"),
        spark.createDataFrame(
            [
                (["fare_is_a_double"], '{"trip":"2","fare":"x"}', "raw/1.csv"),
                (["fare_is_in_range"], '{"trip":"4","fare":"200"}', "raw/1.csv"),
                (["well_formed", "trip_is_a_int"], "?", "raw/1.csv"),
            ],
            "broken_rules array<string>, original string, _source_file string",
        ),
        ignore_row_order=True,
        ignore_nullable=True,
    )
    counts = {"fare_is_a_double": 1, "fare_is_in_range": 1, "trip_is_a_int": 1, "well_formed": 1}
    assert count_broken_rules(quarantine) == counts
    assert clean(spark, tmp_path, contract) == tables
    assert commits_of(tables) == [1, 1, 1]


def test_a_run_with_fewer_files_does_not_take_back_what_a_later_one_has_cleaned(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    contract = contract_of(TRIPS)
    earlier = ingest_source(
        spark, contract, lake_uri=str(tmp_path), source="history", as_of="arrival"
    )
    (raw / "2.csv").write_text("trip,fare\n9,9\n")
    tables = clean(spark, tmp_path, contract)
    with pytest.raises(LakeError) as refused:
        clean_dataset(spark, earlier.table, contract, lake_uri=str(tmp_path))
    assert str(refused.value) == (
        "clean of 'trips': a later run has done it with version 1 of bronze, and this run has "
        "version 0; nothing is lost: run the pipeline again from its first step"
    )
    assert clean(spark, tmp_path, contract) == tables


@pytest.mark.slow
@pytest.mark.usefixtures("raw")
def test_without_a_whole_note_of_the_last_run_the_outcome_is_the_same(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(TRIPS)
    tables = clean(spark, tmp_path, contract)
    (done,) = (tmp_path / "done").rglob("clean.json")
    checked_bytes = done.parent / f".{done.name}.crc"
    for cut_off in ("", '{"made_from": "'):
        checked_bytes.unlink(missing_ok=True)
        done.write_text(cut_off)
        assert clean(spark, tmp_path, contract) == tables
    checked_bytes.unlink(missing_ok=True)
    done.unlink()
    assert clean(spark, tmp_path, contract) == tables
    assert commits_of(tables) == [1, 1, 1]


@pytest.mark.slow
@pytest.mark.usefixtures("raw")
def test_a_changed_contract_judges_every_row_anew_and_back(
    spark: SparkSession, tmp_path: Path
) -> None:
    strict, lenient = contract_of(TRIPS), contract_of(TRIPS.replace("max: 100", "max: 1000"))
    before = clean(spark, tmp_path, strict)
    changed = clean(spark, tmp_path, lenient)
    back = clean(spark, tmp_path, strict)
    assert [run["valid"].rows_out for run in (before, changed, back)] == [2, 3, 2]
    assert [run["quarantine"].rows_out for run in (before, changed, back)] == [3, 2, 3]
    rows = trips(spark, (1, 9.5), (3, None), (4, 200.0))
    actual = trips_of(spark, changed, "valid")
    assert_df_equality(actual, rows, ignore_row_order=True, ignore_nullable=True)
    assert_df_equality(
        trips_of(spark, back, "valid"),
        trips_of(spark, before, "valid"),
        ignore_row_order=True,
    )
    assert commits_of(back) == [3, 3, 1]


def test_a_newer_row_that_arrives_later_takes_the_place_of_the_older(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    contract = contract_of(TRIPS)
    clean(spark, tmp_path, contract)
    (raw / "0.csv").write_text("trip,fare\n1,7.5\n5,1\n4,999\n")
    tables = clean(spark, tmp_path, contract, as_of="2024-02-29")
    assert tables["valid"].set_aside == {"quarantined": 4, "duplicate": 2}
    for table, rows in (
        ("valid", [(1, 7.5), (3, None), (5, 1.0)]),
        ("duplicates", [(1, 9.5), (1, 9.5)]),
    ):
        actual = trips_of(spark, tables, table)
        assert_df_equality(actual, trips(spark, *rows), ignore_row_order=True, ignore_nullable=True)


def test_where_all_rows_are_bad_the_run_fails_and_the_quarantine_tells_why(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "1.csv").write_bytes(b"trip,fare\n\xff\xfe,\x80\nx,y\n")
    for _ in range(2):  # the second run finds it done, and fails all the same
        with pytest.raises(QualityError) as refused:
            clean(spark, tmp_path, contract_of(TRIPS))
    uri = f"{tmp_path}/quarantine/trips/rows"
    assert (
        "dataset 'trips': 2 of 2 rows broke its rules, more than the share of 0.5 that conf/"
        in (str(refused.value))
    )
    assert f"they stand with their reasons in {uri}; nothing was taken away" in str(refused.value)
    run = "python -m aml_pipelines"
    for helps in (
        f"{run} try trips {tmp_path}/raw/1.csv;",
        f"{run} withdraw trips raw/1.csv;",
        f"{run} run data --set inputs.dataset=trips",
    ):
        assert helps in str(refused.value)
    expected = spark.createDataFrame(
        [(["trip_is_a_int", "fare_is_a_double"], '{"trip":"x","fare":"y"}')],
        "broken_rules array<string>, original string",
    )
    quarantine = spark.read.format("delta").load(uri).where("original like '%x%'")
    actual = quarantine.select("broken_rules", "original")
    assert_df_equality(actual, expected, ignore_nullable=True)
    assert operations(uri) == ["WRITE"]


@pytest.mark.slow
def test_a_bad_file_is_not_held_against_the_one_that_replaces_it(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    contract = contract_of(TRIPS)
    (raw / "1.csv").write_text("trip,fare\nx,y\nz,y\n")
    arrived = ingest_source(
        spark, contract, lake_uri=str(tmp_path), source="history", as_of="2024-01-01"
    )
    with pytest.raises(QualityError, match="2 of 2 rows broke its rules"):
        clean_dataset(
            spark,
            arrived.table,
            contract,
            lake_uri=str(tmp_path),
            arrived=arrived.ingestion_ids,
        )
    (raw / "1.csv").write_text("trip,fare\n1,5\n")
    replaced = ingest_source(
        spark, contract, lake_uri=str(tmp_path), source="history", as_of="2024-01-02"
    )
    cleaned = clean_dataset(
        spark, replaced.table, contract, lake_uri=str(tmp_path), arrived=replaced.ingestion_ids
    ).tables
    assert (cleaned["valid"].rows_in, cleaned["valid"].rows_out) == (3, 1)
    assert cleaned["valid"].set_aside == {"quarantined": 2, "duplicate": 0}


@pytest.mark.slow
def test_files_that_arrive_one_by_one_end_as_if_they_had_come_together(
    spark: SparkSession, tmp_path: Path
) -> None:
    contract = contract_of(TRIPS + "newest_by: [fare]\n")
    files = ["1,5\n2,5\n3,x\n", "2,4\n1,6\n4,1\n4,2\n", "1,5.5\n3,3\n2,500\n"]
    apart, together = tmp_path / "apart", tmp_path / "together"
    for folder in (apart, together):
        (folder / "raw").mkdir(parents=True)
    for place, lines in enumerate(files):
        for folder in (apart, together):
            (folder / "raw" / f"{place}.csv").write_text(f"trip,fare\n{lines}")
        by_and_by = clean(spark, apart, contract)
    at_once = clean(spark, together, contract)
    assert by_and_by["valid"].set_aside == at_once["valid"].set_aside
    assert by_and_by["valid"].set_aside == {"quarantined": 2, "duplicate": 4}
    winners = trips(spark, (1, 6.0), (2, 5.0), (3, 3.0), (4, 2.0))
    losers = trips(spark, (1, 5.0), (1, 5.5), (2, 4.0), (4, 1.0))
    for tables in (by_and_by, at_once):
        for table, rows in (("valid", winners), ("duplicates", losers)):
            actual = trips_of(spark, tables, table)
            assert_df_equality(actual, rows, ignore_row_order=True, ignore_nullable=True)


def test_what_json_has_no_value_for_is_null_in_the_table_and_nan_is_no_number(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    lines = (
        '{"trip": 1}\n{"trip": 2, "fare": null}\n{"trip": 3, "fare": NaN}\n{"trip": 4, "fare": 5}\n'
    )
    (tmp_path / "raw" / "1.csv").write_text(lines)
    text = TRIPS.replace("format: csv", "format: jsonl")
    tables = clean(spark, tmp_path, contract_of(text))
    quarantine = lake.read_table(spark, tables["quarantine"])
    assert count_broken_rules(quarantine) == {"fare_is_a_double": 1}
    rows = trips(spark, (1, None), (2, None), (4, 5.0))
    actual = trips_of(spark, tables, "valid")
    assert_df_equality(actual, rows, ignore_row_order=True, ignore_nullable=True)
    tables = clean(spark, tmp_path, contract_of(text + "null_values: [NaN]\n"))
    rows = trips(spark, (1, None), (2, None), (3, None), (4, 5.0))
    actual = trips_of(spark, tables, "valid")
    assert_df_equality(actual, rows, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.slow
def test_keys_are_one_though_blanks_and_tabs_stand_around_them(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "1.csv").write_text("trip,fare\nA,1\nA\t,2\n A,3\n")
    contract = contract_of(TRIPS.replace("trip: {type: int", "trip: {type: string"))
    tables = clean(spark, tmp_path, contract)
    assert [row["trip"] for row in lake.read_table(spark, tables["valid"]).collect()] == ["A"]
    assert tables["valid"].set_aside == {"quarantined": 0, "duplicate": 2}
