"""Say which raw file cannot be read, and why, in place of what Spark says of all of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from spark_jobs.java_errors import reason_of
from spark_jobs.raw.checks import SourceError
from spark_jobs.raw.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.storage import StoredFile

COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")


@contextmanager
def naming_unreadable(
    spark: SparkSession, files: Sequence[StoredFile], *, file_format: str
) -> Iterator[None]:
    """Raise SourceError, with its name, for the file that made Spark fail; else Spark's error."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        for file in files:  # only now: to read each file by itself is slow
            reason = _why_unreadable(spark, file, file_format)
            if reason:
                raise SourceError(
                    f"{file.name}: cannot be read as {file_format}: {reason}; {_remedy(reason)}"
                ) from error
        raise


def read_through(spark: SparkSession, files: Sequence[StoredFile]) -> None:
    """Read the compressed ones of some text files to their end: one that is cut off fails here.

    It would fail in the middle of a write otherwise, and leave half of it behind.
    """
    compressed = [literal(file.uri) for file in files if file.name.endswith(COMPRESSED)]
    if compressed:
        spark.read.text(compressed).write.format("noop").mode("overwrite").save()


def _remedy(reason: str) -> str:
    if "NANOS" in reason:
        return "write moments in microseconds, as coerce_timestamps='us' of pandas does"
    return "replace the file, or take it away"


def _why_unreadable(spark: SparkSession, file: StoredFile, file_format: str) -> str:
    try:
        reader = spark.read.format("parquet" if file_format == "parquet" else "text")
        reader.load(literal(file.uri)).write.format("noop").mode("overwrite").save()
    except (Py4JJavaError, PySparkException) as error:
        return reason_of(error)
    return ""
