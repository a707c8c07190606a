"""The only reader and writer of Delta: where tables are, and writes that can be repeated.

A write that is repeated leaves the table as it is. What a table holds afterwards is

- exactly `rows`, with `sync_table` and `sync_counted`, and with `create_once`, if there was none;
- exactly `rows` in a part of it, the rest as it was: with `put_batches` those batches, with
  `sync_rows` the keys that are `among`;
- `rows` and all that has another key, as it was, with `upsert_table`, and with `append_rows`, which
  leaves what has the key of one of `rows` as it was too;
- all that has another key, as it was, with `withdraw`;
- all but the rows of a condition, with `delete_where`;
- its rows at a version, and `rows`, with `append_after`, which is not repeated: it fails instead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F

from conf.columns import ROW_HASH
from spark_jobs.broken_table import require_whole, whole_state
from spark_jobs.checksum import checksum
from spark_jobs.commits import commit, merge_settings, own_commit, writer_of
from spark_jobs.compaction import compacted
from spark_jobs.delta_files import count_rows
from spark_jobs.delta_log import (
    LakeError,
    Record,
    TableState,
    table_exists,
    table_state,
    was_taken_back,
)
from spark_jobs.fingerprint import version_of
from spark_jobs.receipt import Counts, TableReceipt, table_receipt
from spark_jobs.row_changes import compare_rows, schema_hash
from spark_jobs.within import anywhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delta.tables import DeltaMergeBuilder
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.within import Condition


def table_uri(lake: str, layer: str, dataset: str, table: str) -> str:
    """Compose the one fixed location of a lake table."""
    return "/".join([lake.rstrip("/"), layer, dataset, table])


def read_version(spark: SparkSession, uri: str, version: int) -> DataFrame:
    return spark.read.format("delta").option("versionAsOf", version).load(uri)


def read_table(spark: SparkSession, receipt: TableReceipt) -> DataFrame:
    """Read exactly the version on a receipt, never the latest.

    Raises BrokenTableError where a file of that version is lost, and LakeError for another table,
    or another version of the same number. What is joined to a table without rows is not read: Spark
    leaves such a join out of its plan.
    """
    if table_exists(spark, receipt.uri):
        require_whole(spark, receipt.uri, receipt.version)
    newest = table_state(spark, receipt.uri)
    if newest.id != receipt.id:
        raise LakeError(
            f"{receipt.uri}: is table {newest.id} now, the receipt is of table {receipt.id}: it "
            "was dropped and made anew; run the pipeline from the step that writes it"
        )
    # Most receipts are of the newest version, whose commit has just been read.
    if version_of(newest) != version_of(receipt) and was_taken_back(
        spark, receipt.uri, receipt.version, receipt.commit
    ):
        raise LakeError(
            f"{receipt.uri}: version {receipt.version} was taken back, and is another one now; run "
            "the pipeline from the step that writes it"
        )
    rows = read_version(spark, receipt.uri, receipt.version)
    return rows if receipt.rows_out else rows.limit(0)


def put_batches(
    rows: DataFrame, uri: str, *, column: str, batches: Sequence[str], record: Record
) -> TableState:
    """Replace the rows of `batches`, which `column` names, in a table; `rows` may have new columns.

    One commit deletes what the table has of these batches and inserts `rows`: the same batches put
    again, or by another run at the same time, are there once. Raises WriteConflictError when
    another run wrote in between; the step is done again then.
    """
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return _created(rows, uri, record=record)
    version = whole_state(spark, uri).version + 1
    named = ", ".join(f"'{batch}'" for batch in batches)
    writer = writer_of(rows, record, version=version).mode("overwrite")
    writer = writer.option("mergeSchema", "true")
    commit(writer.option("replaceWhere", f"{column} IN ({named})"), uri, version=version)
    return _written(spark, uri, version, record)


def create_once(rows: DataFrame, uri: str, *, record: Record, rows_in: int) -> TableReceipt:
    """Write a table that never changes; an existing table stays as it is."""
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        _created(rows, uri, record=record)
    return receipt_of(spark, uri, rows_in=rows_in)


def append_after(
    rows: DataFrame, uri: str, before: TableState | None, *, record: Record
) -> TableState:
    """Append rows that follow from what a table held at the version `before`; None had no table.

    Raises WriteConflictError, having written nothing, where another run wrote meanwhile: what it
    wrote may lead to other rows.
    """
    if before is None:
        return _created(rows, uri, record=record)
    version = before.version + 1
    commit(writer_of(rows, record, version=version).mode("append"), uri, version=version)
    return own_commit(table_state(rows.sparkSession, uri), record, version)


def with_checksum(spark: SparkSession, receipt: TableReceipt) -> TableReceipt:
    """Read a table that is to be published, and add its checksum to its receipt."""
    return replace(receipt, checksum=checksum(read_version(spark, receipt.uri, receipt.version)))


def receipt_of(spark: SparkSession, uri: str, *, rows_in: int | None = None) -> TableReceipt:
    """Return the receipt of a table's newest version, with the rows that it really holds.

    Without `rows_in`, as many rows came in as are there.
    """
    return receipt_at(spark, whole_state(spark, uri), rows_in=rows_in)


def receipt_at(
    spark: SparkSession, state: TableState, *, rows_in: int | None = None
) -> TableReceipt:
    """Return the receipt of one version of a table, as `receipt_of` does of the newest."""
    stored = read_version(spark, state.uri, state.version)
    told = count_rows(spark, state)
    rows = stored.count() if told is None else told
    counts = Counts(rows if rows_in is None else rows_in, rows)
    return table_receipt(state, counts, schema_hash=schema_hash(stored))


def sync_table(rows: DataFrame, uri: str, *, key: Sequence[str], record: Record) -> TableState:
    """Make a table hold exactly `rows`; write only what differs, and nothing when nothing does.

    `rows` has one row per `key`, and ROW_HASH. New rows are appended; changed and vanished rows are
    merged; other columns than before rewrite the table. Each is one commit.
    """
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return _created(rows, uri, record=record)
    before = whole_state(spark, uri)
    stored = read_version(spark, uri, before.version)
    if schema_hash(stored) != schema_hash(rows):
        return _rewrite(rows, uri, before, record=record)
    changes = compare_rows(rows, stored, key=key)
    if not changes:
        return before
    if changes.updated or changes.deleted:
        if not _is_keyed(stored, key):  # by a smaller key than before one row may match several
            return _rewrite(rows, uri, before, record=record)
        with merge_settings(spark, record, uri=uri, version=before.version + 1):
            _upsert(rows, uri, key=key).whenNotMatchedBySourceDelete().execute()
    else:
        _append_new(rows, uri, stored, key=key, record=record, version=before.version + 1)
    return _written(spark, uri, before.version + 1, record)


def sync_rows(
    rows: DataFrame,
    uri: str,
    *,
    key: Sequence[str],
    among: DataFrame,
    record: Record,
    within: Condition = anywhere,
) -> TableState:
    """Make a table hold exactly `rows` among the keys of `among`; rows with other keys stay.

    `within` holds for `rows`, and for all rows with such a key that the table has: files without a
    row for which it can hold are not read.
    """
    spark = rows.sparkSession
    before = whole_state(spark, uri)
    if count_rows(spark, before) == 0 and rows.isEmpty():
        return before
    stored = read_version(spark, uri, before.version).where(within(""))
    concerned = stored.join(among.select(*key), on=list(key), how="left_semi")
    changes = compare_rows(rows, concerned, key=key)
    # Deleted by a commit of its own: a MERGE that deletes what `rows` lack would delete other keys.
    state = before
    if changes.deleted:
        gone = concerned.join(rows.select(*key), on=list(key), how="left_anti")
        state = _delete(gone, uri, before, key=key, record=record, within=within)
    if changes.updated:
        return _merge(rows, uri, state, key=key, record=record, within=within)
    if changes.inserted:
        version = state.version + 1
        _append_new(rows, uri, concerned, key=key, record=record, version=version)
        return _written(spark, uri, version, record)
    return state


def sync_counted(
    rows: DataFrame, uri: str, *, key: Sequence[str], record: Record, counts: Counts
) -> TableReceipt:
    """Make a table hold exactly `rows`, as `sync_table` does, and return its receipt."""
    state = sync_table(rows, uri, key=key, record=record)  # not counted again: `counts` has it
    return table_receipt(state, counts, schema_hash=schema_hash(rows))


def upsert_table(
    rows: DataFrame,
    uri: str,
    *,
    key: Sequence[str],
    record: Record,
    within: Condition = anywhere,
) -> TableState:
    """Insert rows with a new `key`, replace those whose ROW_HASH differs, leave all others.

    Columns that the table lacks are added; they are null in its other rows. `within` is as in
    `sync_rows`.
    """
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return _created(rows, uri, record=record)
    before = whole_state(spark, uri)
    stored = read_version(spark, uri, before.version).where(within(""))
    changes = compare_rows(rows, stored, key=key)
    if not changes.inserted and not changes.updated:
        return before
    return _merge(rows, uri, before, key=key, record=record, within=within)


def append_rows(rows: DataFrame, uri: str, *, key: Sequence[str], record: Record) -> TableState:
    """Append rows with a new `key`, and leave all that a table has; `rows` may have new columns."""
    spark = rows.sparkSession
    before = whole_state(spark, uri)
    stored = read_version(spark, uri, before.version)
    new = rows.join(stored.select(*key), on=list(key), how="left_anti").select(*rows.columns)
    if new.isEmpty():
        return before
    version = before.version + 1
    writer = writer_of(new, record, version=version).mode("append").option("mergeSchema", "true")
    commit(writer, uri, version=version)
    return own_commit(table_state(spark, uri), record, version)


def withdraw(rows: DataFrame, uri: str, *, key: Sequence[str], record: Record) -> int:
    """Delete the rows that share a `key` with one of `rows`, and return how many they are.

    Commits nothing when there are none.
    """
    spark = rows.sparkSession
    if not table_exists(spark, uri):
        return 0
    before = whole_state(spark, uri)
    if count_rows(spark, before) == 0:
        return 0
    stored = read_version(spark, uri, before.version)
    gone = stored.join(rows.select(*key), on=list(key), how="left_semi").count()
    if gone:
        _delete(rows, uri, before, key=key, record=record)
    return gone


def delete_where(spark: SparkSession, uri: str, is_gone: SparkColumn, *, record: Record) -> int:
    """Delete the rows for which a condition holds, in one commit, and return how many they are."""
    before = whole_state(spark, uri)
    stored = read_version(spark, uri, before.version)
    rows = stored.where(is_gone).count()
    if rows:
        with merge_settings(spark, record, uri=uri, version=before.version + 1):
            DeltaTable.forPath(spark, uri).delete(is_gone)
        own_commit(table_state(spark, uri), record, before.version + 1)
    return rows


def _written(spark: SparkSession, uri: str, version: int, record: Record) -> TableState:
    """Return the state of a table after a commit of this run, and keep it in few files."""
    return compacted(spark, own_commit(table_state(spark, uri), record, version), record)


def _created(rows: DataFrame, uri: str, *, record: Record) -> TableState:
    """Make a table of rows, unless another run makes it first, which is a conflict."""
    commit(writer_of(rows, record, version=0).mode("errorifexists"), uri, version=0)
    return own_commit(table_state(rows.sparkSession, uri), record, 0)


def _rewrite(rows: DataFrame, uri: str, before: TableState, *, record: Record) -> TableState:
    version = before.version + 1
    writer = writer_of(rows, record, version=version).mode("overwrite")
    commit(writer.option("overwriteSchema", "true"), uri, version=version)
    return own_commit(table_state(rows.sparkSession, uri), record, version)


def _is_keyed(stored: DataFrame, key: Sequence[str]) -> bool:
    return stored.groupBy(*key).count().where(F.col("count") > 1).isEmpty()


def _append_new(
    rows: DataFrame,
    uri: str,
    stored: DataFrame,
    *,
    key: Sequence[str],
    record: Record,
    version: int,
) -> None:
    """Append what `stored`, of the version before, lacks; a table that has changed stays as it is.

    Delta ignores a commit of a version that another run has made: it would double that run's rows.
    """
    new = rows.join(stored.select(*key), on=list(key), how="left_anti").select(*rows.columns)
    commit(writer_of(new, record, version=version).mode("append"), uri, version=version)


def _merge(
    rows: DataFrame,
    uri: str,
    before: TableState,
    *,
    key: Sequence[str],
    record: Record,
    within: Condition = anywhere,
) -> TableState:
    """Replace rows with a known `key` whose ROW_HASH differs, and insert those with a new one."""
    with merge_settings(rows.sparkSession, record, uri=uri, version=before.version + 1):
        _upsert(rows, uri, key=key, within=within).execute()
    return _written(rows.sparkSession, uri, before.version + 1, record)


def _delete(
    rows: DataFrame,
    uri: str,
    before: TableState,
    *,
    key: Sequence[str],
    record: Record,
    within: Condition = anywhere,
) -> TableState:
    """Delete the rows of a table that share a `key` with one of `rows`."""
    merge = _matched(rows, uri, key=key, within=within)
    with merge_settings(rows.sparkSession, record, uri=uri, version=before.version + 1):
        merge.whenMatchedDelete().execute()
    return own_commit(table_state(rows.sparkSession, uri), record, before.version + 1)


def _upsert(
    rows: DataFrame, uri: str, *, key: Sequence[str], within: Condition = anywhere
) -> DeltaMergeBuilder:
    matched = _matched(rows, uri, key=key, within=within)
    changed = matched.whenMatchedUpdateAll(condition=f"old.{ROW_HASH} <> new.{ROW_HASH}")
    return changed.whenNotMatchedInsertAll()


def _matched(
    rows: DataFrame, uri: str, *, key: Sequence[str], within: Condition
) -> DeltaMergeBuilder:
    """Match `rows` with those of a table by `key`, of which Delta reads the files `within`."""
    table = DeltaTable.forPath(rows.sparkSession, uri).alias("old")
    return table.merge(rows.alias("new"), F.expr(_same(key)) & within("old."))


def _same(key: Sequence[str]) -> str:
    return " AND ".join(f"old.`{name}` <=> new.`{name}`" for name in key)
