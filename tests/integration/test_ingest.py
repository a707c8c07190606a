"""Raw files come into bronze once each, known by their content, with where they came from."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from chispa import assert_df_equality
from delta.tables import DeltaTable

from spark_jobs import lake
from spark_jobs.delta_log import LakeError, table_exists
from spark_jobs.fingerprint import version_of
from spark_jobs.ingest import ingest_source, moment
from spark_jobs.lineage import FEW_FILES
from spark_jobs.raw.errors import SourceError
from tests.contracts import contract_of
from tests.delta_logs import operations

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from spark_jobs.ingest import Ingestion

pytestmark = pytest.mark.spark

TRIPS = contract_of("""
    sources:
      history: {path: raw/*.csv, format: csv}
      shared: {path: shared/trips, format: delta}
    columns: {trip: {type: int, required: true}, city: {type: string}}
    key: [trip]
    new_columns: keep_text
""")


def ingest(spark: SparkSession, folder: Path, *, source: str = "history") -> Ingestion:
    return ingest_source(spark, TRIPS, lake_uri=str(folder), source=source, as_of="2024-01-31")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def test_a_file_is_taken_once_whatever_its_name_and_time_and_again_when_it_changed(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "jänner 1.csv").write_text("trip,city\n1,Ulm\n")
    first = ingest(spark, tmp_path)
    again = ingest(spark, tmp_path)
    (raw / "copy.csv").write_text("trip,city\n1,Ulm\n")
    os.utime(raw / "jänner 1.csv", (0, 0))
    copied = ingest(spark, tmp_path)
    (raw / "copy.csv").write_text("city,trip,tip\nAix,x,2\n,,\n")
    changed = ingest(spark, tmp_path)
    assert [run.new_files for run in (first, again, copied, changed)] == [1, 0, 0, 1]
    assert first.table == again.table == copied.table
    assert first.ingestion_ids == again.ingestion_ids == copied.ingestion_ids
    assert len(changed.ingestion_ids) == 2
    assert (changed.table.version, changed.table.rows_in, changed.table.rows_out) == (1, 3, 3)
    bronze = lake.read_table(spark, changed.table)
    expected = spark.createDataFrame(
        [
            ("raw/jänner 1.csv", 16, "2024-01-31T00:00:00Z", "1", "Ulm", None, None),
            ("raw/copy.csv", 25, "2024-01-31T00:00:00Z", "x", "Aix", None, '{"tip":"2"}'),
            ("raw/copy.csv", 25, "2024-01-31T00:00:00Z", None, None, None, "{}"),
        ],
        "_source_file string, _file_size long, _as_of string, trip string, city string, "
        "_malformed string, _undeclared string",
    )
    actual = bronze.select(*expected.columns)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
    lineage = bronze.select("_row_id", "_ingestion_id").collect()
    assert len({row["_row_id"] for row in lineage}) == 3
    assert {row["_ingestion_id"] for row in lineage} == set(changed.ingestion_ids)


def test_the_same_files_ingested_again_after_a_crash_are_not_there_twice(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "a.csv").write_text("trip,city\n1,Ulm\n")
    (raw / "b.csv").write_text("trip,city\n2,Aix\n")
    first = ingest(spark, tmp_path)
    assert (first.new_files, first.table.rows_out, first.table.version) == (2, 2, 0)
    assert ingest(spark, tmp_path).table == first.table
    assert operations(first.table.uri) == ["WRITE"]


def test_one_file_with_other_columns_is_refused_and_nothing_is_written(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "a.csv").write_text("trip,city\n1,Ulm\n")
    (raw / "b.csv").write_text("city\nAix\n")
    with pytest.raises(SourceError, match=r"b\.csv: columns \['trip'\] are missing"):
        ingest(spark, tmp_path)
    assert not table_exists(spark, f"{tmp_path}/bronze/trips/rows")


def test_files_without_rows_are_an_error_alone_and_commit_nothing_beside_others(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "empty.csv").write_text("trip,city\n")
    with pytest.raises(LakeError, match="'trips': its files have no rows"):
        ingest(spark, tmp_path)
    (raw / "a.csv").write_text("trip,city\n1,Ulm\n")
    first = ingest(spark, tmp_path)
    assert ingest(spark, tmp_path).table == first.table


def test_each_version_of_a_delta_source_arrives_once(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=f"{tmp_path}/shared/trips: there is no table yet"):
        ingest(spark, tmp_path, source="shared")
    trips = spark.createDataFrame([(1, "Ulm")], "trip int, city string")
    trips.write.format("delta").save(f"{tmp_path}/shared/trips")
    first = ingest(spark, tmp_path, source="shared")
    again = ingest(spark, tmp_path, source="shared")
    trips.write.format("delta").mode("append").save(f"{tmp_path}/shared/trips")
    grown = ingest(spark, tmp_path, source="shared")
    assert [run.new_files for run in (first, again, grown)] == [1, 0, 1]
    assert first == again.__class__(again.table, again.ingestion_ids, 1)
    assert (grown.table.version, grown.table.rows_out) == (1, 3)
    assert first.ingestion_ids != grown.ingestion_ids


def test_a_contract_that_gains_a_column_takes_new_files_with_it(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "a.csv").write_text("trip,city\n1,Ulm\n")
    ingest(spark, tmp_path)
    tip = replace(TRIPS.column("city"), name="tip")
    wider = replace(TRIPS, columns=(*TRIPS.columns, tip))
    (raw / "b.csv").write_text("trip,city,tip\n2,Aix,5\n")
    found = ingest_source(
        spark, wider, lake_uri=str(tmp_path), source="history", as_of="2024-02-01"
    )
    rows = lake.read_table(spark, found.table).orderBy("trip").collect()
    assert [(row["trip"], row["tip"]) for row in rows] == [("1", None), ("2", "5")]


def test_files_that_nobody_dates_are_as_of_the_latest_moment_and_have_the_order_of_arrival(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    for place, as_of in enumerate(["arrival", "2024-02-01", "2024-01-01", "arrival"]):
        (raw / f"{place}.csv").write_text(f"trip,city\n{place},Ulm\n")
        found = ingest_source(spark, TRIPS, lake_uri=str(tmp_path), source="history", as_of=as_of)
    rows = lake.read_table(spark, found.table).select("trip", "_as_of", "_arrival").collect()
    assert sorted(tuple(row) for row in rows) == [
        ("0", None, 0),
        ("1", "2024-02-01T00:00:00Z", 1),
        ("2", "2024-01-01T00:00:00Z", 2),
        ("3", "2024-02-01T00:00:00Z", 3),
    ]


@pytest.mark.parametrize(
    ("as_of", "written"),
    [
        ("2024-01-31", "2024-01-31T00:00:00Z"),
        ("2024-01-31 08:00:00", "2024-01-31T08:00:00Z"),
        ("2024-01-31T08:00:00+02:00", "2024-01-31T06:00:00Z"),
        ("2024-01-31T08:00:00.1234567Z", "2024-01-31T08:00:00Z"),
    ],
)
def test_a_moment_is_written_so_that_later_ones_sort_behind(as_of: str, written: str) -> None:
    assert moment(as_of) == written


@pytest.mark.parametrize("as_of", ["now", "2024-1-5", "", "31.01.2024"])
def test_what_is_no_moment_is_refused(as_of: str) -> None:
    with pytest.raises(SourceError, match="is no moment; write it as 2024-01-31T08:00:00Z"):
        moment(as_of)


STORES = contract_of("""
    sources:
      history: {path: raw/*/*.csv, format: csv}
      lines: {path: raw/*/*.jsonl, format: jsonl}
      columnar: {path: raw/*/*.parquet, format: parquet}
      watched: {path: raw/*.csv, format: csv, compare: content}
    columns: {trip: {type: int, required: true}, store: {type: string, required: true}}
    key: [trip, store]
""")


def test_equal_bytes_in_two_partition_folders_are_two_files_and_their_folders_a_column(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    for folder in ("store=1", "store=a%2Fb", "store=__HIVE_DEFAULT_PARTITION__"):
        (raw / folder).mkdir()
        (raw / folder / "a.csv").write_text("trip\n7\n")
        (raw / folder / "a.jsonl").write_text('{"trip": 8}\n')
        pd.DataFrame({"trip": [9]}).to_parquet(raw / folder / "a.parquet")
    (raw / "store=1" / "copy.csv").write_text("trip\n7\n")
    for source in ("history", "lines", "columnar"):
        found = ingest_source(
            spark, STORES, lake_uri=str(tmp_path), source=source, as_of="2024-01-31"
        )
        assert found.new_files == 3
    rows = lake.read_table(spark, found.table).select("trip", "store").collect()
    assert sorted((tuple(row) for row in rows), key=str) == [
        (trip, store) for trip in ("7", "8", "9") for store in ("1", "a/b", None)
    ]


def test_a_correction_that_keeps_size_and_time_is_seen_where_the_contract_asks_for_it(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    def arrive(source: str) -> int:
        found = ingest_source(
            spark, STORES, lake_uri=str(tmp_path), source=source, as_of="2024-01-31"
        )
        return found.new_files

    listed = replace(STORES.sources["watched"], compare="listing")
    (raw / "a.csv").write_text("trip,store\n7,1\n")
    os.utime(raw / "a.csv", (0, 0))
    assert arrive("watched") == 1
    (raw / "a.csv").write_text("trip,store\n8,1\n")
    os.utime(raw / "a.csv", (0, 0))
    trusting = replace(STORES, sources={"watched": listed})
    found = ingest_source(
        spark, trusting, lake_uri=str(tmp_path), source="watched", as_of="2024-01-31"
    )
    assert found.new_files == 0
    assert arrive("watched") == 1


def parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pd.DataFrame({name: [value] for name, value in columns.items()}).to_parquet(file)
    return file.getvalue()


LINES = "".join(f'{{"trip": {number}, "store": "{number * 7919}"}}\n' for number in range(9000))
BROKEN = {
    "cut_off.jsonl": gzip.compress(LINES.encode())[:-5000],
    "cut_off.csv": gzip.compress(("trip,store\n" + LINES).encode())[:-5000],
    "cut_off.parquet": b"PAR1 and no more",
    "text.parquet": b"trip,store\n1,2\n",
    "cased.parquet": parquet(trip=1, Trip=2, store="1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing_behind(
    spark: SparkSession, tmp_path: Path, raw: Path, name: str
) -> None:
    kind = name.partition(".")[2]
    source = {"jsonl": "lines", "csv": "history", "parquet": "columnar"}[kind]
    ending = "" if kind == "parquet" else ".gz"
    paths = {"history": "raw/*", "lines": "raw/*", "columnar": "raw/*"}
    stated = {source: replace(STORES.sources[source], path=path) for source, path in paths.items()}
    pd.DataFrame({"trip": [1], "store": ["1"]}).to_parquet(tmp_path / "good.parquet")
    good = {
        "jsonl": b'{"trip": 1, "store": "1"}\n',
        "csv": b"trip,store\n1,1\n",
        "parquet": (tmp_path / "good.parquet").read_bytes(),
    }
    (raw / "a").write_bytes(good[kind])
    (raw / f"{name}{ending}").write_bytes(BROKEN[name])
    with pytest.raises(SourceError) as refused:
        ingest_source(
            *(spark, replace(STORES, sources=stated)),
            lake_uri=str(tmp_path),
            source=source,
            as_of="2024-01-31",
        )
    assert re.match(
        rf"{name}{ending}: cannot be read as {kind}: .+; (replace|write)", str(refused.value)
    )
    assert len(str(refused.value).splitlines()) == 1
    assert not (tmp_path / "bronze").exists()


def test_a_day_that_arrives_reads_no_row_of_the_days_before(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "1.csv").write_text("trip,city\n1,Ulm\n")
    ingest(spark, tmp_path)
    bronze = tmp_path / "bronze" / "trips" / "rows"
    for file in bronze.glob("*.parquet"):
        file.write_bytes(bytes(file.stat().st_size))
    (raw / "2.csv").write_text("trip,city\n2,Aix\n")
    day = ingest(spark, tmp_path)
    again = ingest(spark, tmp_path)
    assert (day.new_files, again.new_files) == (1, 0)
    assert day.ingestion_ids == again.ingestion_ids
    assert len(day.ingestion_ids) == 2


@pytest.mark.parametrize(
    "kept",
    [
        "",
        '{"table": "',
        '{"table": "none", "latest": null, "files": []}',
        '{"table": "other@0", "latest": null}',
    ],
)
def test_what_bronze_has_is_read_anew_where_the_note_of_it_is_lost_or_of_another_table(
    spark: SparkSession, tmp_path: Path, raw: Path, kept: str
) -> None:
    (raw / "1.csv").write_text("trip,city\n1,Ulm\n")
    first = ingest(spark, tmp_path)
    note = tmp_path / "done" / "trips" / "bronze_files.json"
    note.write_text(kept)
    note.with_name(f".{note.name}.crc").unlink()  # Hadoop's, by which none of it would be read
    again = ingest(spark, tmp_path)
    assert (again.new_files, again.table) == (0, first.table)
    assert json.loads(note.read_text())["table"] == version_of(first.table)


def test_a_file_that_was_withdrawn_after_the_note_is_known_no_more(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    (raw / "1.csv").write_text("trip,city\n1,Ulm\n")
    (raw / "2.csv").write_text("trip,city\n2,Aix\n")
    ingest(spark, tmp_path)
    bronze = str(tmp_path / "bronze" / "trips" / "rows")
    DeltaTable.forPath(spark, bronze).delete("trip = 1")
    again = ingest(spark, tmp_path)
    assert again.new_files == 1, "somebody deleted its rows: it is there, and bronze has it not"
    assert again.table.rows_out == 2


def test_many_files_at_once_have_the_ids_that_few_have(
    spark: SparkSession, tmp_path: Path, raw: Path
) -> None:
    for number in range(FEW_FILES + 1):
        (raw / f"{number:03}.csv").write_text(f"trip,city\n{number},Ulm\n{number},Aix\n")
    many = ingest(spark, tmp_path)
    rows = lake.read_table(spark, many.table).select("_row_id", "_source_file", "trip").collect()
    assert {row["_source_file"] for row in rows} == {
        f"raw/{number:03}.csv" for number in range(FEW_FILES + 1)
    }
    assert all(row["_source_file"] == f"raw/{int(row['trip']):03}.csv" for row in rows)
    assert len({row["_row_id"] for row in rows}) == len(rows) == 2 * (FEW_FILES + 1)
    assert {row["_row_id"].partition("-")[0] for row in rows} == set(many.ingestion_ids)
