"""Commits to a Delta table carry a transaction id: one that is tried again is there once."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from conf import faults
from spark_jobs.delta_log import Record, TableState, WriteConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

# Delta ignores a write whose application has committed the same or a later version before: a write
# that was computed from version 7 is version 8, however often it is tried.
APP = "lake"


def writer_of(rows: DataFrame, record: Record, *, version: int) -> DataFrameWriter:
    return (
        rows.write.format("delta")
        .option("userMetadata", json.dumps(record))
        .option("txnAppId", APP)
        .option("txnVersion", version)
    )


def commit(writer: DataFrameWriter, uri: str, *, version: int) -> None:
    """Write the rows of a writer to a table, in one commit."""
    with faults.around("commit", uri), _noting(uri, version):
        writer.save(uri)


@contextmanager
def _noting(uri: str, version: int) -> Iterator[None]:
    """Leave a note of what is written on an error; it stays what it is, for who knows its cause."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        error.add_note(f"{uri}: version {version} cannot be written")
        raise


@contextmanager
def merge_settings(
    spark: SparkSession, record: Record, *, uri: str, version: int
) -> Iterator[None]:
    """Pass transaction id and metadata to a MERGE, which takes them from the session alone.

    The block makes one commit.
    """
    settings = {
        "spark.databricks.delta.commitInfo.userMetadata": json.dumps(record),
        "spark.databricks.delta.write.txnAppId": APP,
        "spark.databricks.delta.write.txnVersion": str(version),
        "spark.databricks.delta.schema.autoMerge.enabled": "true",  # rows may have new columns
    }
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        with faults.around("commit", uri), _noting(uri, version):
            yield
    finally:
        for name in settings:
            spark.conf.unset(name)


def own_commit(state: TableState, record: Record, version: int) -> TableState:
    """Return `state` if its commit is the one just made; raise WriteConflictError if not."""
    if state.version != version or state.record != json.loads(json.dumps(record)):
        raise WriteConflictError(
            f"{state.uri}: another run wrote version {state.version} while this one wrote "
            f"{version}; run this step again"
        )
    return state
