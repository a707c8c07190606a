"""Keep tables in few files: small ones that daily commits leave are put together now and then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from spark_jobs.commits import merge_settings, own_commit
from spark_jobs.delta_files import data_files
from spark_jobs.delta_log import table_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from spark_jobs.delta_log import Record, TableState

# A reader opens each file of a table: of so few that is no time.
SMALL_FILES = 20
VERSIONS = 10  # Delta has just written a checkpoint then, which names all files
_MIB = 1 << 20
# A file this large stays as it is, and no larger one is made: a task's work, on any machine.
SMALL = 32 * _MIB
SIZES = {
    "spark.databricks.delta.optimize.minFileSize": str(SMALL),
    "spark.databricks.delta.optimize.maxFileSize": str(128 * _MIB),
}


def compacted(spark: SparkSession, state: TableState, record: Record) -> TableState:
    """Put the small files of a table together, if they have become many, in a commit of its own.

    They are counted at every version that `VERSIONS` divides. The rows stay what they are, older
    versions keep their files, and `record` is that of the write before. Raises WriteConflictError
    when another run wrote in between.
    """
    if state.version % VERSIONS:
        return state
    files = data_files(spark, state.uri, state.version).values()
    if sum(file.size < SMALL for file in files) <= SMALL_FILES:
        return state
    with _sizes(spark), merge_settings(spark, record, uri=state.uri, version=state.version + 1):
        DeltaTable.forPath(spark, state.uri).optimize().executeCompaction()
    return own_commit(table_state(spark, state.uri), record, state.version + 1)


@contextmanager
def _sizes(spark: SparkSession) -> Iterator[None]:
    for name, value in SIZES.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name in SIZES:
            spark.conf.unset(name)
