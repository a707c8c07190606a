"""Data files that no version of a table ever named are found and removed, and no others."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from delta.tables import DeltaTable

from spark_jobs import lake
from spark_jobs.delta_log import LakeError
from spark_jobs.leftovers import Leftovers, find_leftovers, remove_files, tables_of
from tests.delta_logs import commits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

AN_HOUR = 3_600_000
PLACES = ("plain", "a b", "a:b", "a%20b", "a/b", "ü+&=")


def now() -> int:
    return int(time.time() * 1000) + 1000


def found_in(spark: SparkSession, folder: Path, *, unchanged_since: int = 0) -> list[Leftovers]:
    moment = unchanged_since or now()
    return [
        find_leftovers(spark, uri, lake_uri=str(folder), unchanged_since=moment)
        for uri in tables_of(spark, str(folder), ())
    ]


def paths(folder: Path, found: Sequence[Leftovers]) -> set[Path]:
    uris = [file.uri for leftovers in found for file in leftovers.files]
    return {Path(uri.removeprefix("file:")).relative_to(folder) for uri in uris}


def put(spark: SparkSession, uri: Path, places: Sequence[str], numbers: range) -> None:
    """Write a version of a table with a folder for each place."""
    rows = spark.createDataFrame(
        [(n, place) for place in places for n in numbers], "n int, at string"
    )
    rows.coalesce(1).write.format("delta").partitionBy("at").mode("append").save(str(uri))


def break_off(spark: SparkSession, uri: Path, places: Sequence[str] = ("plain",)) -> set[Path]:
    """Leave what a writer leaves that ends before its commit: its data files, named by no log."""
    other = uri.with_name(f"{uri.name}-{uuid.uuid4().hex}")
    shutil.copytree(uri, other)
    put(spark, other, places, range(7, 9))
    (written,) = commits(str(other))[-1:]
    shutil.rmtree(other / "_delta_log")
    names = {file.relative_to(other) for file in other.rglob("*.parquet")}
    new = {name for name in names if not (uri / name).exists()}
    assert len(new) == len(written["add"]) == len(places)
    for name in new:
        (uri / name.parent).mkdir(exist_ok=True)
        for file in (name, name.with_name(f".{name.name}.crc")):
            (other / file).rename(uri / file)
    shutil.rmtree(other)
    return new


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> Path:
    """Return a table of three versions, of which the last one has lost the rows of the first."""
    uri = tmp_path / "gold" / "trips" / "by_place"
    put(spark, uri, PLACES, range(2))
    DeltaTable.forPath(spark, str(uri)).delete("at <> 'plain'")
    put(spark, uri, PLACES[1:3], range(4))
    return uri


def test_files_that_a_version_named_stay_however_their_folders_are_written(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    assert found_in(spark, tmp_path) == [Leftovers("gold/trips/by_place")]
    left = break_off(spark, table, PLACES)
    found = found_in(spark, tmp_path)
    assert paths(table, found) == left
    remove_files(spark, (file for table in found for file in table.files))
    there = {file.relative_to(table) for file in table.rglob("*part-*")}
    assert there & {*left, *(name.with_name(f".{name.name}.crc") for name in left)} == set()
    rows = [lake.read_version(spark, str(table), version).count() for version in range(3)]
    assert rows == [12, 2, 10]
    assert found_in(spark, tmp_path) == [Leftovers("gold/trips/by_place")]


def test_what_was_changed_of_late_may_be_of_a_writer_that_is_at_work(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    (left,) = break_off(spark, table)
    assert found_in(spark, tmp_path, unchanged_since=now() - AN_HOUR) == [
        Leftovers("gold/trips/by_place", younger=1)
    ]
    long_ago = time.time() - 2 * AN_HOUR / 1000
    os.utime(table / left, (long_ago, long_ago))
    assert paths(table, found_in(spark, tmp_path, unchanged_since=now() - AN_HOUR)) == {left}


@pytest.mark.slow
def test_a_table_whose_first_version_was_not_committed_has_nothing_that_is_named(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    batch = tmp_path / "batches" / "trips" / "4f" / "batch"
    shutil.copytree(table, batch)
    for file in (batch / "_delta_log").rglob("*.*"):
        file.unlink()
    data = {file.relative_to(tmp_path) for file in batch.rglob("*.parquet")}
    assert len(data) == 8
    assert paths(tmp_path, found_in(spark, tmp_path)) == data


@pytest.mark.slow
def test_a_commit_that_was_not_finished_is_found_and_what_others_put_there_is_not(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    unfinished = table / "_delta_log" / f".{3:020}.json.{uuid.uuid4()}.tmp"
    unfinished.write_text("{}")
    (table / "notes.txt").write_text("ours")
    shutil.copytree(table, table / "within")
    assert paths(table, found_in(spark, tmp_path)) == {unfinished.relative_to(table)}


@pytest.mark.slow
def test_files_are_named_by_a_checkpoint_where_the_log_has_lost_its_first_versions(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    older = break_off(spark, table)
    for number in range(9):
        put(spark, table, ["plain"], range(number))
    log = table / "_delta_log"
    assert (log / f"{10:020}.checkpoint.parquet").is_file()
    for version in range(6):
        (log / f"{version:020}.json").unlink()
    long_ago = time.time() - AN_HOUR / 1000
    os.utime(log / f"{6:020}.json", (long_ago, long_ago))
    # It looks like one of a version that is gone: it is older than all that the log still has.
    longer_ago = long_ago - 1
    for name in older:
        os.utime(table / name, (longer_ago, longer_ago))
    assert found_in(spark, tmp_path) == [Leftovers("gold/trips/by_place")]
    newer = break_off(spark, table)
    assert paths(table, found_in(spark, tmp_path)) == newer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ([1], "its log lacks a version between those that it has"),
        ([0], "its log lacks a version between those that it has"),
        ([0, 1, 2], "its log has lost its versions"),
    ],
)
def test_nothing_is_said_of_files_where_the_log_is_not_whole(
    spark: SparkSession, tmp_path: Path, table: Path, lost: list[int], reason: str
) -> None:
    (table / "_delta_log" / "_last_checkpoint").write_text("{}")
    for version in lost:
        (table / "_delta_log" / f"{version:020}.json").unlink()
    assert found_in(spark, tmp_path) == [Leftovers("gold/trips/by_place", unread=reason)]


@pytest.mark.slow
def test_nothing_is_said_of_files_where_the_log_is_of_another_form(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    checkpoint = f"{2:020}.checkpoint.{uuid.uuid4()}.parquet"
    (table / "_delta_log" / checkpoint).touch()
    (found,) = found_in(spark, tmp_path)
    assert found.unread == f"its log has what is not known here: {checkpoint}"


@pytest.mark.slow
def test_a_file_that_a_log_names_by_its_whole_path_is_named(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    left = break_off(spark, table, PLACES[:2])
    named, unnamed = sorted(left)
    commit = table / "_delta_log" / f"{2:020}.json"
    add = {"add": {"path": f"file://{table / named}".replace(" ", "%20")}}
    commit.with_name(f".{commit.name}.crc").unlink()
    commit.write_text(f"{commit.read_text()}{json.dumps(add)}\n")
    assert paths(table, found_in(spark, tmp_path)) == {unnamed}


def test_a_dataset_without_tables_is_refused_by_name(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    assert tables_of(spark, str(tmp_path), ("trips",)) == [str(table)]
    with pytest.raises(LakeError, match=r"no tables of \['trip'\] .* those of \['trips'\]"):
        tables_of(spark, str(tmp_path), ("trip",))


@pytest.mark.slow
def test_a_file_without_rows_that_delta_has_left_out_of_its_commit_is_of_no_crash(
    spark: SparkSession, tmp_path: Path
) -> None:
    uri = tmp_path / "gold" / "trips" / "features"
    rows = spark.range(2, numPartitions=2).where("id = 1")
    rows.write.format("delta").save(str(uri))
    (added,) = commits(str(uri))[0]["add"]
    assert len(list(uri.glob("part-*"))) == 2
    assert found_in(spark, tmp_path) == [Leftovers("gold/trips/features")]
    (uri / added["path"]).with_name(f"part-00007-{uuid.uuid4()}-c000.snappy.parquet").write_text(
        "PAR1"
    )
    assert len(paths(uri, found_in(spark, tmp_path))) == 1
