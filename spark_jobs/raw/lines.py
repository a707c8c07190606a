"""The lines of text files as text, whatever the files' compression and character set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FILE_URI
from spark_jobs.raw.text import file_uri, literal, union

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset_source import Dialect
    from spark_jobs.storage import StoredFile

LINE = "_line"
BLOCK, NUMBER = "_block", "_number"  # where a line stands in its file
UNREADABLE = "\ufffd"  # what bytes become that are no character
ZSTD = ".zst"


def read_lines(spark: SparkSession, files: Sequence[StoredFile], dialect: Dialect) -> DataFrame:
    """Read the lines of files: LINE, FILE_URI, and BLOCK with NUMBER, which order a file's lines.

    A file in Zstandard, which Hadoop reads with native code alone, or of wide characters, which
    cannot be split by bytes, is read in one piece.
    """
    whole = [file for file in files if dialect.is_wide or file.name.endswith(ZSTD)]
    others = [file for file in files if file not in whole]
    frames = []
    if others:
        lines = spark.read.text([literal(file.uri) for file in others])
        frames.append(
            lines.select(
                decoded(F.col("value"), dialect).alias(LINE),
                file_uri(),
                F.col("_metadata.file_block_start").alias(BLOCK),
                F.monotonically_increasing_id().alias(NUMBER),
            )
        )
    if whole:
        frames.append(_whole_files(spark, whole, dialect))
    return union(frames)


def read_texts(spark: SparkSession, files: Sequence[StoredFile], dialect: Dialect) -> DataFrame:
    """Read files as one text each: LINE and FILE_URI."""
    packed = [file for file in files if file.name.endswith(ZSTD)]
    plain = [file for file in files if file not in packed]
    frames = []
    if plain:
        texts = spark.read.text([literal(file.uri) for file in plain], wholetext=True)
        frames.append(texts.select(decoded(F.col("value"), dialect).alias(LINE), file_uri()))
    if packed:
        unpack = F.udf(_unpacker(), "binary", useArrow=False)
        texts = _contents(spark, packed).select(unpack("content").alias("value"), FILE_URI)
        frames.append(texts.select(decoded(F.col("value"), dialect).alias(LINE), FILE_URI))
    return union(frames).withColumn(LINE, F.regexp_replace(LINE, "^\ufeff", ""))


def decoded(value: SparkColumn, dialect: Dialect) -> SparkColumn:
    """Return bytes as text; UTF-8 stays as it is, so that what is none keeps its bytes."""
    if dialect.is_utf8:
        return value.cast("string")
    return F.decode(value.cast("binary"), dialect.encoding)


def is_text(text: SparkColumn, dialect: Dialect) -> SparkColumn:
    """Return whether a decoded text was made of characters of its encoding alone."""
    if not dialect.is_utf8:
        return ~text.contains(UNREADABLE)
    written = text.cast("binary")  # Spark reads all that is not UTF-8 as one and the same letter
    return F.encode(F.decode(written, "UTF-8"), "UTF-8") == written


def _whole_files(spark: SparkSession, files: Sequence[StoredFile], dialect: Dialect) -> DataFrame:
    # Without useArrow Spark 4 guesses from type hints what a function takes, and warns of these.
    splitter = _splitter(dialect.encoding if dialect.is_wide else None)
    split = F.udf(splitter, "array<binary>", useArrow=False)
    lines = _contents(spark, files).select(FILE_URI, F.posexplode(split("content", FILE_URI)))
    # The wide ones are UTF-8 by now.
    line = F.col("col").cast("string") if dialect.is_wide else decoded(F.col("col"), dialect)
    return lines.select(
        line.alias(LINE),
        FILE_URI,
        F.lit(0).cast("long").alias(BLOCK),
        F.col("pos").cast("long").alias(NUMBER),
    )


def _contents(spark: SparkSession, files: Sequence[StoredFile]) -> DataFrame:
    read = spark.read.format("binaryFile").load([literal(file.uri) for file in files])
    return read.select("content", file_uri())


# Functions within functions: Spark sends those to its workers by value, which have no spark_jobs.
def _unpacker() -> Callable[[bytes], bytes]:
    def unpack(content: bytes) -> bytes:
        import pyarrow as pa  # noqa: PLC0415 # on the worker

        unpacked: bytes = pa.input_stream(pa.BufferReader(content), compression="zstd").read()
        return unpacked

    return unpack


def _splitter(wide: str | None) -> Callable[[bytes, str], list[bytes]]:
    unpack, packed = _unpacker(), ZSTD

    def split(content: bytes, uri: str) -> list[bytes]:
        import re  # noqa: PLC0415 # on the worker

        unpacked = unpack(bytes(content)) if uri.endswith(packed) else bytes(content)
        if wide:
            text = unpacked.decode(wide, errors="replace").removeprefix("\ufeff")
            unpacked = text.encode("utf-8")
        lines = re.split(rb"\r\n|\n|\r", unpacked.removeprefix(b"\xef\xbb\xbf"))
        return lines if lines[-1] else lines[:-1]

    return split
