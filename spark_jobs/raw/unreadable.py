"""Say which raw file cannot be read, and why, in place of what Spark says of all of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from spark_jobs.java_errors import reason_of
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.lines import read_lines
from spark_jobs.raw.typed_source import typed_rows
from spark_jobs.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import SparkSession

    from conf.dataset_source import Source
    from spark_jobs.storage import StoredFile

COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")


@contextmanager
def naming_unreadable(
    spark: SparkSession, files: Sequence[StoredFile], source: Source
) -> Iterator[None]:
    """Raise SourceError, with its name, for the file that made Spark fail; else Spark's error."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        if is_unavailable(error):
            raise
        for file in files:  # only now: to read each file by itself is slow
            reason = _why_unreadable(spark, file, source)
            if reason:
                raise SourceError(
                    f"{file.name}: cannot be read as {source.format}: {reason}; "
                    "replace the file, or take it away"
                ) from error
        raise


def read_through(spark: SparkSession, files: Sequence[StoredFile], source: Source) -> None:
    """Read the compressed ones of some text files to their end: one that is cut off fails here.

    It would fail in the middle of a write otherwise, and leave half of it behind. Files of other
    kinds, and CSV whose records may span lines, are read before their rows are asked for.
    """
    is_read_late = source.format == "jsonl" or (
        source.format == "csv" and not source.dialect.may_span_lines
    )
    compressed = [file for file in files if file.name.endswith(COMPRESSED)]
    if compressed and is_read_late:
        read_lines(spark, compressed, source.dialect).write.format("noop").mode("overwrite").save()


def _why_unreadable(spark: SparkSession, file: StoredFile, source: Source) -> str:
    try:
        if source.format in {"parquet", "avro", "orc"}:
            rows = typed_rows(spark, [file], source.format)
        else:
            rows = read_lines(spark, [file], source.dialect)
        rows.write.format("noop").mode("overwrite").save()
    except (Py4JJavaError, PySparkException) as error:
        return reason_of(error)
    return ""
