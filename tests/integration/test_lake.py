"""Writes to the lake can be repeated: what is there already is not written again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chispa import assert_df_equality
from delta.tables import DeltaTable
from pyspark.sql import functions as F

from spark_jobs import lake, step_state
from spark_jobs.broken_table import BrokenTableError, whole_state
from spark_jobs.delta_files import SHORT_LOG, count_rows, rows_if_told
from spark_jobs.delta_log import (
    LakeError,
    WriteConflictError,
    table_exists,
    table_state,
)
from spark_jobs.fingerprint import version_of
from spark_jobs.row_changes import compare_rows, schema_hash, with_row_hash
from spark_jobs.step_state import StepState
from spark_jobs.version_changes import changes_since
from tests.delta_logs import commits, live_files, operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.delta_log import TableState
    from spark_jobs.row_changes import Changes

pytestmark = pytest.mark.spark

KEY = ["trip"]


def trips(spark: SparkSession, *rows: tuple[int | None, str | None]) -> DataFrame:
    return with_row_hash(
        spark.createDataFrame(list(rows), "trip int, city string"), ["trip", "city"]
    )


def stored(spark: SparkSession, uri: str) -> DataFrame:
    return lake.read_version(spark, uri, table_state(spark, uri).version)


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return lake.table_uri(f"{tmp_path}/", "silver", "trips", "valid")


def test_a_table_that_only_grows_is_appended_to_and_unchanged_rows_commit_nothing(
    spark: SparkSession, uri: str
) -> None:
    first = trips(spark, (1, "Ulm"), (2, None))
    grown = trips(spark, (1, "Ulm"), (2, None), (3, "Aix"))
    states = [
        lake.sync_table(rows, uri, key=KEY, record={"run": run})
        for run, rows in enumerate([first, first, grown, grown.repartition(3)])
    ]
    assert [(state.version, state.record) for state in states] == [
        (0, {"run": 0}),
        (0, {"run": 0}),
        (1, {"run": 2}),
        (1, {"run": 2}),
    ]
    assert operations(uri) == ["WRITE", "WRITE"]
    assert "remove" not in commits(uri)[1]
    assert_df_equality(stored(spark, uri), grown, ignore_row_order=True, ignore_nullable=True)


def test_changed_and_vanished_rows_are_merged_in_one_commit(spark: SparkSession, uri: str) -> None:
    lake.sync_table(
        trips(spark, (1, "Ulm"), (2, "Aix"), (3, "Rom"), (4, None)), uri, key=KEY, record={}
    )
    now = trips(spark, (1, "Ulm"), (2, "Bonn"), (4, "Graz"), (5, "Aix"))
    state = lake.sync_table(now, uri, key=KEY, record={"run": 2})
    assert (state.version, operations(uri)) == (1, ["WRITE", "MERGE"])
    assert_df_equality(stored(spark, uri), now, ignore_row_order=True, ignore_nullable=True)


def test_other_columns_rewrite_the_table_and_it_stays_the_same_table(
    spark: SparkSession, uri: str
) -> None:
    before = lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={})
    wider = spark.createDataFrame([(1, 9.5, 7)], "trip long, fare double, _row_hash long")
    after = lake.sync_table(wider, uri, key=KEY, record={"run": 2})
    assert (after.version, after.id, after.record) == (1, before.id, {"run": 2})
    assert_df_equality(stored(spark, uri), wider, ignore_nullable=True)


def test_every_commit_says_who_made_it_and_any_reader_can_read_it(
    spark: SparkSession, uri: str
) -> None:
    lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={"run": 0})
    lake.sync_table(trips(spark, (1, "Ulm"), (2, "Aix")), uri, key=KEY, record={"run": 1})
    lake.sync_table(trips(spark, (1, "Bonn")), uri, key=KEY, record={"run": 2})
    lake.upsert_table(trips(spark, (1, "Graz"), (2, "")), uri, key=KEY, record={"run": 3})
    lake.withdraw(trips(spark, (1, "any")), uri, key=KEY, record={"run": 4})
    log = commits(uri)
    metadata = [json.loads(commit["commitInfo"][0]["userMetadata"]) for commit in log]
    assert metadata == [{"run": run} for run in range(5)]
    transactions = [(commit["txn"][0]["appId"], commit["txn"][0]["version"]) for commit in log]
    assert transactions == [("lake", version) for version in range(5)]
    (protocol,) = log[0]["protocol"]
    assert (protocol["minReaderVersion"], protocol["minWriterVersion"]) == (1, 2)
    assert not [commit for commit in log[1:] if "protocol" in commit or "metaData" in commit]


def test_what_a_merge_says_of_itself_is_not_said_of_the_next_write(
    spark: SparkSession, uri: str
) -> None:
    lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={"run": 0})
    lake.sync_table(trips(spark, (1, "Aix")), uri, key=KEY, record={"run": 1})
    trips(spark, (2, "Rom")).write.format("delta").mode("append").save(uri)
    assert "userMetadata" not in commits(uri)[2]["commitInfo"][0]
    assert "txn" not in commits(uri)[2]
    assert table_state(spark, uri).record == {}


def test_upserting_replaces_what_differs_and_leaves_all_else(spark: SparkSession, uri: str) -> None:
    rows = [trips(spark, (1, "Ulm"), (2, "Aix")), trips(spark, (2, "Bonn"), (3, "Rom"))]
    versions = [
        lake.upsert_table(part, uri, key=KEY, record={}).version for part in [*rows, rows[1]]
    ]
    assert versions == [0, 1, 1]
    expected = trips(spark, (1, "Ulm"), (2, "Bonn"), (3, "Rom"))
    assert_df_equality(stored(spark, uri), expected, ignore_row_order=True, ignore_nullable=True)


def test_rows_are_withdrawn_by_key_and_where_there_are_none_nothing_is_committed(
    spark: SparkSession, uri: str
) -> None:
    lake.withdraw(trips(spark, (1, "Ulm")), uri, key=KEY, record={})
    assert not table_exists(spark, uri)
    lake.sync_table(trips(spark, (1, "Ulm"), (2, "Aix")), uri, key=KEY, record={})
    lake.withdraw(trips(spark, (7, "Ulm")), uri, key=KEY, record={})
    assert operations(uri) == ["WRITE"]
    lake.withdraw(trips(spark, (1, "other"), (7, "Ulm")), uri, key=KEY, record={})
    assert_df_equality(stored(spark, uri), trips(spark, (2, "Aix")), ignore_nullable=True)


def put(rows: DataFrame, uri: str, batch: str) -> TableState:
    named = rows.withColumn("batch", F.lit(batch))
    return lake.put_batches(named, uri, column="batch", batches=[batch], record={"batch": batch})


def test_a_batch_that_was_put_before_a_crash_is_there_once_and_comes_back_when_it_was_deleted(
    spark: SparkSession, uri: str
) -> None:
    first, second = trips(spark, (1, "Ulm")), trips(spark, (2, "Aix"))
    for rows, batch in [(first, "a"), (first, "a"), (second, "b"), (first, "a")]:
        put(rows, uri, batch)
    both = first.union(second)
    for _ in range(2):
        actual = stored(spark, uri).drop("batch")
        assert_df_equality(actual, both, ignore_row_order=True, ignore_nullable=True)
        DeltaTable.forPath(spark, uri).delete("batch = 'a'")
        put(first, uri, "a")


def test_a_batch_with_a_new_column_widens_the_table(spark: SparkSession, uri: str) -> None:
    put(trips(spark, (1, "Ulm")), uri, "a")
    put(trips(spark, (2, "Aix")).withColumn("tip", F.lit("5")), uri, "b")
    rows = stored(spark, uri).orderBy("trip").collect()
    assert [row["tip"] for row in rows] == [None, "5"]


def test_a_batch_that_another_run_puts_at_the_same_time_is_not_passed_over_in_silence(
    spark: SparkSession, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(trips(spark, (1, "Ulm")), uri, "a")
    before = table_state(spark, uri)
    put(trips(spark, (2, "Aix")), uri, "theirs")
    states = iter([before])
    seen = whole_state
    monkeypatch.setattr(lake, "whole_state", lambda *where: next(states, None) or seen(*where))
    with pytest.raises(LakeError, match="another run wrote version 1 while this one wrote 1"):
        put(trips(spark, (3, "Rom")), uri, "ours")


def test_a_value_that_moves_to_a_column_beside_it_is_a_change(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(None, 5.0), (5.0, None)], "a double, b double")
    first, second = with_row_hash(rows, ["a", "b"]).collect()
    assert first["_row_hash"] != second["_row_hash"]


def test_a_key_that_has_become_smaller_leaves_one_row_for_each_of_its_values(
    spark: SparkSession, uri: str
) -> None:
    columns = "trip int, leg int, city string"
    before = spark.createDataFrame([(1, 1, "Ulm"), (1, 2, "Aix")], columns)
    lake.sync_table(with_row_hash(before, ["city"]), uri, key=["trip", "leg"], record={})
    after = spark.createDataFrame([(1, 2, "Rom")], columns)
    for _ in range(2):
        lake.sync_table(with_row_hash(after, ["city"]), uri, key=["trip"], record={"n": 2})
        assert_df_equality(stored(spark, uri).drop("_row_hash"), after, ignore_nullable=True)


def test_a_table_that_never_changes_stays_as_it_was_first_written(
    spark: SparkSession, uri: str
) -> None:
    first = lake.create_once(trips(spark, (1, "Ulm")), uri, record={"batch": "a"}, rows_in=3)
    again = lake.create_once(
        trips(spark, (2, "Aix"), (3, "Rom")), uri, record={"batch": "a"}, rows_in=3
    )
    assert again == first
    assert (first.version, first.rows_out, first.set_aside) == (0, 1, {})
    assert operations(uri) == ["WRITE"]


def test_a_join_with_a_table_without_rows_reads_nothing(spark: SparkSession, uri: str) -> None:
    receipt = lake.create_once(trips(spark, (1, "Ulm")), uri, record={}, rows_in=1)
    rows = lake.read_table(spark, receipt)
    none = lake.read_table(spark, replace(receipt, rows_out=0))
    assert rows.inputFiles()
    assert none.schema == rows.schema
    assert not rows.join(none, on=KEY).inputFiles()


def test_a_receipt_reads_its_own_version_and_never_a_table_made_anew(
    spark: SparkSession, uri: str
) -> None:
    first = trips(spark, (1, "Ulm"))
    receipt = lake.create_once(first, uri, record={"batch": "a"}, rows_in=1)
    lake.sync_table(trips(spark, (2, "Aix")), uri, key=KEY, record={})
    assert_df_equality(lake.read_table(spark, receipt), first, ignore_nullable=True)
    shutil.rmtree(uri)
    with pytest.raises(LakeError, match=f"{uri}: there is no table yet; run the step that"):
        lake.read_table(spark, receipt)
    lake.sync_table(first, uri, key=KEY, record={})
    with pytest.raises(LakeError, match="it was dropped and made anew; run the pipeline from"):
        lake.read_table(spark, receipt)


def test_a_version_that_was_taken_back_is_not_taken_for_the_next_one_of_its_number(
    spark: SparkSession, tmp_path: Path, uri: str
) -> None:
    lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={"run": 0})
    first = lake.receipt_of(spark, uri)
    lake.sync_table(trips(spark, (1, "Ulm"), (2, "Aix")), uri, key=KEY, record={"run": 1})
    taken_back = lake.receipt_of(spark, uri)
    step_state.save(spark, str(tmp_path), "clean", "trips", StepState({}, {"valid": taken_back}))
    assert step_state.load(spark, str(tmp_path), "clean", "trips")

    for name in (f"{1:020}.json", f".{1:020}.json.crc"):  # as `care` or an error's advice has it
        Path(uri, "_delta_log", name).unlink()
    lake.sync_table(trips(spark, (1, "Ulm"), (3, "Rom")), uri, key=KEY, record={"run": 2})
    now = lake.receipt_of(spark, uri)
    assert (now.id, now.version) == (taken_back.id, taken_back.version)
    assert version_of(now) != version_of(taken_back)
    with pytest.raises(LakeError, match="version 1 was taken back, and is another one now; run "):
        lake.read_table(spark, taken_back)
    assert lake.read_table(spark, now).count() == 2
    assert changes_since(spark, now, version_of(taken_back)) is None
    assert step_state.load(spark, str(tmp_path), "clean", "trips") is None

    changes = changes_since(spark, now, version_of(first))
    assert changes
    assert [row["trip"] for row in changes.differing(["trip"]).new.collect()] == [3]


def let_another_run_write_first(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]
) -> None:
    """Let `write` happen between the next comparison of rows and the commit that follows it."""
    compare = compare_rows

    def compared(rows: DataFrame, before: DataFrame, *, key: list[str]) -> Changes:
        changes = compare(rows, before, key=key)
        monkeypatch.setattr(lake, "compare_rows", compare)
        write()
        return changes

    monkeypatch.setattr(lake, "compare_rows", compared)


@pytest.mark.parametrize("theirs", ["a run of ours", "somebody's append"])
def test_a_run_that_wrote_in_between_is_noticed(
    spark: SparkSession, uri: str, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={"run": 0})

    def write() -> None:
        other = trips(spark, (1, "Ulm"), (3, "Rom"))
        if theirs == "a run of ours":
            lake.sync_table(other, uri, key=KEY, record={"run": "theirs"})
        else:
            other.write.format("delta").mode("append").save(uri)

    let_another_run_write_first(monkeypatch, write)
    grown = trips(spark, (1, "Ulm"), (2, "Aix"))
    with pytest.raises(
        LakeError, match=r"another run wrote version \d while this one wrote 1; run"
    ):
        lake.sync_table(grown, uri, key=KEY, record={"run": "ours"})
    lake.sync_table(grown, uri, key=KEY, record={"run": "again"})


def test_rows_that_another_run_appends_first_are_there_once(
    spark: SparkSession, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={"run": 0})
    grown = trips(spark, (1, "Ulm"), (2, "Aix"))
    let_another_run_write_first(
        monkeypatch, lambda: lake.sync_table(grown, uri, key=KEY, record={"run": "theirs"})
    )
    with pytest.raises(
        WriteConflictError, match="another run wrote version 1 while this one wrote 1"
    ):
        lake.sync_table(grown, uri, key=KEY, record={"run": "ours"})
    assert stored(spark, uri).count() == 2


def test_two_schemas_are_the_same_when_names_types_and_order_are(spark: SparkSession) -> None:
    def hash_of(columns: str) -> str:
        return schema_hash(spark.createDataFrame([], columns))

    assert hash_of("a int, b string") == hash_of("a int NOT NULL, b string")
    others = ["b string, a int", "a long, b string", "a int, c string", "a int"]
    assert hash_of("a int, b string") not in map(hash_of, others)


@pytest.mark.slow
def test_the_log_tells_how_many_rows_a_table_has_while_it_is_short(
    spark: SparkSession, uri: str
) -> None:
    told, counted = [], []
    for step in range(12):
        if step == 4:
            lake.delete_where(spark, uri, F.col("trip") == 1, record={"step": step})
        elif step == 5:
            lake.upsert_table(trips(spark, (2, "Graz")), uri, key=KEY, record={"step": step})
        else:
            more = [(number, "Ulm") for number in range(2 * step + (step > 7))]
            lake.sync_table(trips(spark, *more), uri, key=KEY, record={"step": step})
        told.append(count_rows(spark, table_state(spark, uri)))
        counted.append(stored(spark, uri).select("trip").collect())
    rows = [len(found) for found in counted]
    assert told[:SHORT_LOG] == rows[:SHORT_LOG] == [0, 2, 4, 6, 5, 5, 12, 14, 17, 19]
    assert told[SHORT_LOG:] == [None, None]
    assert rows[SHORT_LOG:] == [21, 23]


def test_a_log_without_statistics_tells_nothing(spark: SparkSession, uri: str) -> None:
    spark.conf.set("spark.databricks.delta.stats.collect", "false")
    try:
        lake.sync_table(trips(spark, (1, "Ulm")), uri, key=KEY, record={})
    finally:
        spark.conf.unset("spark.databricks.delta.stats.collect")
    assert count_rows(spark, table_state(spark, uri)) is None
    assert rows_if_told(spark, uri) is None
    assert rows_if_told(spark, f"{uri}_to_be") == 0
    assert lake.receipt_of(spark, uri).rows_out == 1


def test_a_log_is_read_by_its_lines_whatever_ends_a_line_in_texts(
    spark: SparkSession, uri: str
) -> None:
    # Unicode's and Windows' ends of lines, which statistics and records hold as they are.
    text = "a\u2028b\x85c"
    state = lake.sync_table(trips(spark, (1, text)), uri, key=KEY, record={"file": text})
    assert count_rows(spark, state) == 1
    assert table_state(spark, uri).record == {"file": text}


def test_no_write_touches_a_table_that_lacks_a_file(spark: SparkSession, uri: str) -> None:
    rows = trips(spark, (1, "Ulm"))
    record = {"run": 1}
    writes: dict[str, Callable[[], object]] = {
        "sync": lambda: lake.sync_table(rows, uri, key=KEY, record=record),
        "sync rows": lambda: lake.sync_rows(rows, uri, key=KEY, among=rows, record=record),
        "upsert": lambda: lake.upsert_table(rows, uri, key=KEY, record=record),
        "put": lambda: lake.put_batches(rows, uri, column="city", batches=["Ulm"], record=record),
        "withdraw": lambda: lake.withdraw(rows, uri, key=KEY, record=record),
        "delete": lambda: lake.delete_where(spark, uri, F.col("trip") == 1, record=record),
        "create": lambda: lake.create_once(rows, uri, record=record, rows_in=1),
    }
    lake.sync_table(trips(spark, (2, "Aix")), uri, key=KEY, record={})
    (lost,) = map(Path, live_files(uri))
    lost.unlink()
    for write in writes.values():
        with pytest.raises(BrokenTableError, match=f"{uri}: version 0 is broken: {lost.name} is"):
            write()
    assert operations(uri) == ["WRITE"]


def test_a_commit_of_a_file_without_statistics_is_whole(spark: SparkSession, uri: str) -> None:
    spark.sql(
        f"CREATE TABLE delta.`{uri}` (trip int) USING delta "
        "TBLPROPERTIES (delta.dataSkippingNumIndexedCols = 0)"
    )
    try:
        spark.conf.set("spark.databricks.delta.stats.collect", "false")
        spark.createDataFrame([(1,)], "trip int").write.format("delta").mode("append").save(uri)
    finally:
        spark.conf.unset("spark.databricks.delta.stats.collect")
    assert "stats" not in commits(uri)[-1]["add"][0]
    assert whole_state(spark, uri).version == 1


def test_rows_that_were_withdrawn_do_not_come_back_with_an_older_version_unsaid(
    spark: SparkSession, tmp_path: Path
) -> None:
    bronze, withdrawn = f"{tmp_path}/bronze/trips/rows", f"{tmp_path}/bronze/trips/withdrawn"
    for rows in (trips(spark, (1, "Ulm")), trips(spark, (1, "Ulm"), (2, "Aix"))):
        lake.sync_table(rows, bronze, key=KEY, record={})
    Path(live_files(bronze)[-1]).unlink()
    lost = "TO VERSION AS OF 0 .* and run the pipeline again from its first step"
    with pytest.raises(BrokenTableError, match=f"{lost}$"):
        whole_state(spark, bronze)
    lake.sync_table(trips(spark, (1, "Ulm")), withdrawn, key=KEY, record={})
    again = f"{lost}; then withdraw the files again that {withdrawn} names"
    with pytest.raises(BrokenTableError, match=again):
        whole_state(spark, bronze)
