"""The only builder of a SparkSession: the same settings on this machine, in tests and in Azure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from pyspark.sql import SparkSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pyspark.sql import DataFrame

Item = TypeVar("Item")
Result = TypeVar("Result")
# Static in Spark, so every Spark component states them in its `conf` too (a contract test holds
# the two equal): a session that Azure has already started cannot take them any more.
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # a text that does not parse is null, for the rules to judge
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # Days before 1582 and moments before 1900 are written as they are; Spark 3.5 refuses them.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    # What mltable can read: no deletion vectors, no renamed columns.
    "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",
    # Releases, receipts and scores name versions: they can be read for a year, not for 30 days.
    "spark.databricks.delta.properties.defaults.logRetentionDuration": "interval 365 days",
    "spark.databricks.delta.properties.defaults.deletedFileRetentionDuration": "interval 365 days",
    # Keys and lineage come first in every table; nobody skips files by the columns behind them.
    "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": "8",
}
# A laptop's tables are small, and so is its heap. Spark's 200 shuffle partitions and Delta's 50 for
# a table's state are made for clusters and cost seconds a step here.
SMALL_MACHINE = {
    "spark.sql.shuffle.partitions": "4",
    "spark.databricks.delta.snapshotPartitions": "1",
    # VACUUM lists a folder in as many tasks as this says, 10,000 by default: 25 s a table.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    # A table's state and its plans are 3 MB of heap, and Delta keeps those of 10,000 tables: a JVM
    # that lives on for later runs, or for hundreds of tests, was full.
    "spark.databricks.delta.delta.log.cacheSize": "50",
}
# Spark writes and compiles Java for each plan. Of so few rows that takes longer than they do.
FEW_ROWS = 20_000
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}

# HotSpot leaves a method of more bytecodes to its interpreter, or takes seconds to compile it. Of a
# stage with such a method Spark generates operators one by one, in small methods.
COMPILED = {"spark.sql.codegen.hugeMethodLimit": "8000"}
# What a step persists is read two or three times, and built once. Spark would look at each value to
# choose a form that takes less memory, which was a third of the time of `clean`.
PERSISTED = {"spark.sql.inMemoryColumnarStorage.compressed": "false"}
# A lost or damaged file fails the step that reads it, whatever a cluster is set up for.
STRICT = {
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
}
# Spark 4 knows six character sets and refuses bytes that are none of theirs, unless it is told to
# take all of Java's, and to put a mark in place of such bytes, as Spark 3.5 does. Its Delta refuses
# versions that were replaced before `deletedFileRetentionDuration`: what receipts and MLTables name
# can be read as long as its files are there, and `care` alone removes those.
SINCE_SPARK_4 = {
    "spark.sql.legacy.javaCharsets": "true",
    "spark.sql.legacy.codingErrorAction": "true",
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
}


def spark_session(app: str) -> SparkSession:
    """Build the session of the step `app`, or return the one that the platform has started."""
    builder = SparkSession.builder.appName(app)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    return _fit(builder.getOrCreate())


def map_in_sessions(
    spark: SparkSession, items: Iterable[Item], work: Callable[[SparkSession, Item], Result]
) -> list[Result]:
    """Do independent work on several items at once, and return the results in their order.

    One small table at a time leaves most of a cluster, or a core of a laptop, idle. The first
    failure is raised when all have ended.
    """
    # A session each: a MERGE takes its transaction from the session, which threads must not share.
    with ThreadPoolExecutor() as pool:
        started = [pool.submit(work, _fit(spark.newSession()), i) for i in items]
    return [each.result() for each in started]


@contextmanager
def persisted(rows: DataFrame) -> Iterator[DataFrame]:
    """Keep rows that the block looks at several times, and free them however it ends.

    What is kept in a JVM answers whoever reads the same file later, also once it was corrected.
    """
    kept = rows.persist()
    try:
        yield kept
    finally:
        kept.unpersist()


def fit_to_rows(spark: SparkSession, rows: int | None) -> None:
    """Set a session up for plans that read so many rows in all; None are nobody knows how many."""
    if rows is not None and rows <= FEW_ROWS:
        _set_unless_stated(spark, INTERPRETED)


def _fit(spark: SparkSession) -> SparkSession:
    """Add what is not left to the platform, and what depends on Spark's version and the machine."""
    for key, value in STRICT.items():
        spark.conf.set(key, value)
    if int(spark.version.partition(".")[0]) >= 4:  # noqa: PLR2004 # as its name says
        for key, value in SINCE_SPARK_4.items():
            spark.conf.set(key, value)
    _set_unless_stated(spark, COMPILED | PERSISTED)
    if str(spark.conf.get("spark.master")).startswith("local"):
        _set_unless_stated(spark, SMALL_MACHINE)
    return spark


def _set_unless_stated(spark: SparkSession, settings: Mapping[str, str]) -> None:
    for key, value in settings.items():
        if spark.conf.get(key, None) is None:  # a component's own conf wins
            spark.conf.set(key, value)
