"""Read CSV files as text: records of one line or of several, by the header that each file has."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.raw.checks import SourceError, check_columns, with_folder_columns
from spark_jobs.raw.csv_records import BLOCK, LINE, LOOSE, NUMBER, is_whole, join_lines, leaves_open
from spark_jobs.raw.text import file_uri, folder_value, is_utf8, literal, union, whole_json
from spark_jobs.storage import read_first_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

OPTIONS = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": MALFORMED,
    "quote": '"',
    "escape": '"',
    "nullValue": "",
    "emptyValue": "",
}


@dataclass(frozen=True)
class _Kind:
    """What files have in common that are read together; order of columns may differ between them.

    `columns` are those of the header, then those that folders name.
    """

    header: str
    columns: tuple[str, ...]
    spans_lines: bool


def read_csv(spark: SparkSession, files: Sequence[StoredFile], contract: Dataset) -> DataFrame:
    """Read CSV files as `read_as_text` says; each begins with a line of column names.

    A file with a record over several lines is read in one piece; all others in as many as Spark
    likes.
    """
    headers = {file: _header(file.name, read_first_line(spark, file.uri)) for file in files}
    columns = {
        file: with_folder_columns(_names(header), file.folders, contract)
        for file, header in headers.items()
    }
    for file, names in columns.items():
        check_columns(file.name, names, contract)
    spanning = _spanning(spark, files)
    by_kind: dict[_Kind, list[StoredFile]] = {}
    for file, header in headers.items():
        kind = _Kind(header, columns[file], file.encoded in spanning)
        by_kind.setdefault(kind, []).append(file)
    return union([_read_kind(spark, kind, alike, contract) for kind, alike in by_kind.items()])


def _header(file: str, line: bytes) -> str:
    try:
        header = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: its first line is not UTF-8 text ({error.reason})") from error
    if not header.strip():
        raise SourceError(f"{file}: is empty; a CSV file begins with a line of column names")
    try:
        next(csv.reader([header], strict=True))
    except csv.Error as error:
        raise SourceError(
            f"{file}: its first line has a quote that does not close ({error}); column names "
            "stand on one line"
        ) from error
    return header


def _names(header: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in next(csv.reader([header])))


def _spanning(spark: SparkSession, files: Sequence[StoredFile]) -> frozenset[str]:
    """Return the files with a quoted field that goes on in the next line, by URI."""
    lines = spark.read.text([literal(file.uri) for file in files])
    opened = lines.where(leaves_open(F.col("value"))).select(file_uri()).distinct()
    return frozenset(row[FILE_URI] for row in opened.collect())


def _read_kind(
    spark: SparkSession, kind: _Kind, files: Sequence[StoredFile], contract: Dataset
) -> DataFrame:
    """Parse each record by itself: Spark's reader would close a quote that is left open."""
    lines = spark.read.text([literal(file.uri) for file in files]).select(
        F.col("value").alias(LINE),
        file_uri(),
        F.col("_metadata.file_block_start").alias(BLOCK),
        F.monotonically_increasing_id().alias(NUMBER),
    )
    single = lines.select(LINE, FILE_URI, F.lit(False).alias(LOOSE))  # noqa: FBT003 # a literal
    records = join_lines(lines) if kind.spans_lines else single
    # The header is found by its text: lines have no numbers where files are read in parts.
    rows = records.where((F.trim(LINE) != "") & (F.col(LINE) != kind.header))
    # By place: a name in a header can be whatever, also one of ours.
    places = {name: f"_{place}" for place, name in enumerate(_names(kind.header))}
    schema = ", ".join(f"{place} string" for place in (*places.values(), MALFORMED))
    parsed = rows.select("*", F.from_csv(LINE, schema, OPTIONS).alias("_record")).select(
        LINE, FILE_URI, LOOSE, "_record.*"
    )
    line = F.col(LINE)
    quotes = F.length(line) - F.length(F.translate(line, '"', ""))
    is_broken = (
        F.col(LOOSE)
        | (quotes % 2 == 1)
        | ~is_whole(line)
        | F.col(MALFORMED).isNotNull()
        | ~is_utf8(LINE)
    )
    undeclared = {
        name: F.col(place) for name, place in places.items() if name not in contract.column_names
    }
    return parsed.select(
        *(
            (F.col(places[name]) if name in places else folder_value(files, name)).alias(name)
            for name in contract.column_names
        ),
        F.when(is_broken, line).alias(MALFORMED),
        whole_json(undeclared).alias(UNDECLARED),
        FILE_URI,
    )
