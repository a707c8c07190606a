"""Files of old versions of tables are found, and none that a version needs which is kept."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from delta.tables import DeltaTable

from spark_jobs import lake
from spark_jobs.broken_table import BrokenTableError
from spark_jobs.delta_log import table_state
from spark_jobs.leftovers import remove_files
from spark_jobs.named_versions import NamedVersions, named_versions
from spark_jobs.retention import OldVersions, find_old_versions
from spark_jobs.step_state import StepState, save
from spark_jobs.storage import StorageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

A_DAY = 86_400
PLACE = "gold/trips/by_place"
NOBODY = NamedVersions(frozenset(), frozenset())
# By version: rows, two places without theirs, more rows, all anew, version 1 again, all anew, more
# rows. The file of version 1 is gone in version 3, and comes back.
NEWEST = 6


def write(spark: SparkSession, uri: Path, numbers: range, *, mode: str) -> None:
    places = ("plain", "a b", "ü+&=")
    rows = spark.createDataFrame([(n, at) for at in places for n in numbers], "n int, at string")
    rows.coalesce(1).write.format("delta").partitionBy("at").mode(mode).save(str(uri))


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of seven versions, each made a day after the one before."""
    uri = tmp_path_factory.mktemp("made") / PLACE
    write(spark, uri, range(2), mode="append")
    DeltaTable.forPath(spark, str(uri)).delete("at <> 'plain'")
    write(spark, uri, range(4), mode="append")
    write(spark, uri, range(1), mode="overwrite")
    DeltaTable.forPath(spark, str(uri)).restoreToVersion(1)
    write(spark, uri, range(5), mode="overwrite")
    write(spark, uri, range(2), mode="append")
    date(uri)
    return uri


@pytest.fixture(scope="module")
def of_versions(spark: SparkSession, made: Path) -> list[set[str]]:
    """Return the names of the files that each version needs."""
    return [needed(spark, made, version) for version in range(NEWEST + 1)]


@pytest.fixture
def table(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / PLACE))


def date(uri: Path) -> None:
    for file in (uri / "_delta_log").glob("*.json"):
        moment = A_DAY * int(file.stem)
        os.utime(file, (moment, moment))


def needed(spark: SparkSession, uri: Path, version: int) -> set[str]:
    """Return the names of the files of a version, as Delta itself reads it."""
    read = lake.read_version(spark, str(uri), version)
    return {file.rpartition("/")[2] for file in read.inputFiles()}


def found(
    spark: SparkSession, uri: Path, named: NamedVersions = NOBODY, *, before: float = NEWEST + 1
) -> OldVersions:
    """Find what only versions need that were replaced before so many days."""
    moment = int(before * A_DAY * 1000)
    root = str(uri).removesuffix(f"/{PLACE}")
    return find_old_versions(spark, str(uri), named, lake_uri=root, replaced_before=moment)


def write_mltable(folder: Path, table: str, **of: object) -> Path:
    """Write an MLTable of one Delta table, as the component that publishes does."""
    folder.mkdir(parents=True)
    reads = [{"read_delta_lake": of}]
    told = {"type": "mltable", "paths": [{"folder": table}], "transformations": reads}
    file = folder / "MLTable"
    file.write_text(json.dumps(told))  # JSON is YAML
    return file


def names(old: OldVersions) -> set[str]:
    return {file.name for file in old.files}


@pytest.mark.slow
def test_what_was_replaced_of_late_stays(
    spark: SparkSession, made: Path, of_versions: list[set[str]]
) -> None:
    for before in range(NEWEST + 2):
        # Version 2 was replaced on the third day.
        kept = [v for v in range(NEWEST + 1) if v == NEWEST or v + 1 >= before]
        expected = set.union(*of_versions) - {name for v in kept for name in of_versions[v]}
        assert names(found(spark, made, before=before)) == expected


@pytest.mark.slow
def test_every_pair_of_versions_that_are_named_stays(
    spark: SparkSession, made: Path, of_versions: list[set[str]]
) -> None:
    identity = table_state(spark, str(made)).id
    for count in range(3):
        for chosen in combinations(range(NEWEST), count):
            named = NamedVersions(frozenset((identity, v) for v in chosen), frozenset())
            kept = {name for v in (*chosen, NEWEST) for name in of_versions[v]}
            assert names(found(spark, made, named)) == set.union(*of_versions) - kept


@pytest.mark.slow
def test_versions_that_stay_are_read_as_before_and_others_with_a_sentence(
    spark: SparkSession, table: Path
) -> None:
    stay = (1, 3, 4, 5, NEWEST)  # version 1 is that of 4
    rows = [sorted(lake.read_version(spark, str(table), v).collect()) for v in stay]
    old = found(spark, table, before=4)
    assert old.versions == 2
    remove_files(spark, old.files)
    assert found(spark, table, before=4).files == ()
    assert [sorted(lake.read_version(spark, str(table), v).collect()) for v in stay] == rows
    receipt = replace(lake.receipt_of(spark, str(table)), version=0, commit="")
    said = rf"{table}: version 0 cannot be read any more: at=.* is not there; version 6 does not"
    with pytest.raises(BrokenTableError, match=said):
        lake.read_table(spark, receipt)


@pytest.mark.slow
def test_a_file_that_the_newest_version_lacks_too_is_no_old_one(
    spark: SparkSession, table: Path, of_versions: list[set[str]]
) -> None:
    receipt = replace(lake.receipt_of(spark, str(table)), version=5, commit="")
    name = min(of_versions[5] & of_versions[NEWEST])
    next(table.rglob(name)).unlink()
    with pytest.raises(BrokenTableError, match="version 5 is broken"):
        lake.read_table(spark, receipt)


@pytest.mark.slow
def test_mltables_and_states_of_steps_name_versions(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    write_mltable(tmp_path / "published" / "a_run" / "train", str(table), version_as_of=0)
    receipt = replace(lake.receipt_of(spark, str(table)), version=2)
    facts = {"features": f"{receipt.id}@3#a-commit", "rules": "not@version"}
    save(spark, str(tmp_path), "split", "trips", StepState(facts, {"train": receipt}))
    folder = tmp_path / "runs" / "made"
    elsewhere = write_mltable(folder, f"abfs://l@a/{PLACE}/", version_as_of=1)

    named = named_versions(spark, str(tmp_path))
    assert named.of(receipt.id, PLACE) == {0, 2, 3}
    assert named.of("another", f"{PLACE}_too") == set()
    named = named_versions(spark, str(tmp_path), [elsewhere.as_uri()])
    assert named.of(receipt.id, PLACE) == {0, 1, 2, 3}
    assert found(spark, table, named) == OldVersions(PLACE)


@pytest.mark.slow
def test_nothing_is_old_in_a_table_of_which_an_mltable_names_a_moment(
    spark: SparkSession, tmp_path: Path, table: Path
) -> None:
    folder, moment = tmp_path / "published" / "by_hand", "2026-01-01T00:00:00Z"
    write_mltable(folder, str(table), timestamp_as_of=moment)
    old = found(spark, table, named_versions(spark, str(tmp_path)))
    assert old.unread == "an MLTable names a moment, and no version of it"
    assert old.files == ()


@pytest.mark.slow
def test_an_mltable_that_cannot_be_read_may_name_anything(
    spark: SparkSession, tmp_path: Path
) -> None:
    file = tmp_path / "published" / "by_hand" / "MLTable"
    file.parent.mkdir(parents=True)
    file.write_text("paths: [")
    with pytest.raises(StorageError, match=r"by_hand/MLTable: cannot be read, and may name"):
        named_versions(spark, str(tmp_path))


@pytest.mark.slow
def test_of_a_log_that_lost_its_first_versions_the_rest_is_told(
    spark: SparkSession, table: Path
) -> None:
    for number in range(5):
        write(spark, table, range(number), mode="overwrite")
    date(table)
    log = table / "_delta_log"
    assert (log / f"{10:020}.checkpoint.parquet").is_file()
    rows = sorted(lake.read_version(spark, str(table), 11).collect())
    of_tenth = needed(spark, table, 10) - needed(spark, table, 11)
    for version in range(8):  # Delta has cleaned up the first ones, which are so old, itself
        (log / f"{version:020}.json").unlink(missing_ok=True)
    assert names(found(spark, table, before=12)) == of_tenth
    remove_files(spark, found(spark, table, before=12).files)
    assert sorted(lake.read_version(spark, str(table), 11).collect()) == rows


@pytest.mark.slow
def test_a_log_that_is_not_whole_says_nothing(spark: SparkSession, table: Path) -> None:
    (table / "_delta_log" / f"{2:020}.json").unlink()
    old = found(spark, table)
    assert old.unread == "its log lacks a version between those that it has"
    assert old.files == ()


@pytest.mark.slow
def test_files_with_deletion_vectors_are_not_judged(spark: SparkSession, tmp_path: Path) -> None:
    uri = tmp_path / PLACE
    rows = spark.range(10).coalesce(1)
    rows.write.format("delta").option("delta.enableDeletionVectors", "true").save(str(uri))
    DeltaTable.forPath(spark, str(uri)).delete("id = 3")
    old = found(spark, uri)
    assert old.unread == "its files have deletion vectors, which are not followed here"
    assert old.files == ()


@pytest.mark.slow
def test_the_files_of_a_table_that_was_cloned_stay(spark: SparkSession, table: Path) -> None:
    clone = table.with_name("clone")
    shutil.copytree(table / "_delta_log", clone / "_delta_log")
    for file in (clone / "_delta_log").glob(".*.crc"):
        file.unlink()
    for file in (clone / "_delta_log").glob("*.json"):
        file.write_text(file.read_text().replace('"path":"', f'"path":"file:{table}/'))
    date(clone)
    root = str(table).removesuffix(f"/{PLACE}")
    old = find_old_versions(
        spark, str(clone), NOBODY, lake_uri=root, replaced_before=A_DAY * 10 * 1000
    )
    assert old == OldVersions("gold/trips/clone")
