"""Read CSV files as text: records of one line or of several, by the header that each file has."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from conf.dataset_source import DOUBLED
from spark_jobs.raw.checks import check_columns, with_folder_columns
from spark_jobs.raw.csv_records import (
    LOOSE,
    Grammar,
    is_comment,
    join_lines,
    without_first_lines,
)
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.lines import LINE, UNREADABLE, is_text, read_lines
from spark_jobs.raw.names import match_names, undeclared_names
from spark_jobs.raw.text import folder_value, union, whole_json
from spark_jobs.storage import first_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Dialect
    from spark_jobs.storage import StoredFile


@dataclass(frozen=True)
class _Kind:
    """What files have in common that are read together; order of columns may differ between them.

    `line` is their header, None without one; `names` are those of its columns, and `folders` those
    of the folders that are columns too.
    """

    line: str | None
    names: tuple[str, ...]
    folders: tuple[str, ...]
    spans_lines: bool


def read_csv(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, dialect: Dialect
) -> DataFrame:
    """Read CSV files as `read_as_text` says, in the dialect that their source states.

    A file with a record over several lines is read in one piece; all others in as many as Spark
    likes.
    """
    declared = [column.names[0] for column in contract.raw_columns]
    kinds = {}
    for file in files:
        line, names = header_of(spark, file, declared, dialect)
        header = with_folder_columns(names, file.folders, contract)
        check_columns(file.name, header, match_names(file.name, header, contract), contract)
        kinds[file] = _Kind(line, names, header[len(names) :], spans_lines=False)
    spanning = _spanning(spark, files, dialect)
    by_kind: dict[_Kind, list[StoredFile]] = {}
    for file, kind in kinds.items():
        told = replace(kind, spans_lines=file.encoded in spanning)
        by_kind.setdefault(told, []).append(file)
    return union(
        [_read_kind(spark, kind, alike, contract, dialect) for kind, alike in by_kind.items()]
    )


def header_of(
    spark: SparkSession, file: StoredFile, declared: Sequence[str], dialect: Dialect
) -> tuple[str | None, tuple[str, ...]]:
    """Return the line of a file that has the names of its columns, None without one, and those.

    A file without a header has the columns that are `declared`, in their order.
    """
    if isinstance(dialect.header, tuple):
        return None, dialect.header
    if not dialect.header:
        return None, tuple(declared)
    line = _header_line(spark, file, dialect)
    try:
        names = next(csv.reader([line], strict=True, **_python_dialect(dialect)))
    except csv.Error as error:
        raise SourceError(
            f"{file.name}: its line of column names has a quote that does not close ({error}); "
            "column names stand on one line"
        ) from error
    return line, tuple(name.strip() for name in names)


def _header_line(spark: SparkSession, file: StoredFile, dialect: Dialect) -> str:
    lines = first_lines(spark, file.uri, dialect.encoding)
    for _ in range(dialect.skip_lines):
        next(lines, None)
    line = next(
        (line for line in lines if not (dialect.comment and line.startswith(dialect.comment))), ""
    )
    lines.close()
    if not line.strip():
        raise SourceError(
            f"{file.name}: is empty where a line of column names is due; correct the file, or "
            "state 'header', 'skip_lines' or 'comment' of its source"
        )
    if UNREADABLE in line:
        raise SourceError(
            f"{file.name}: its first line is not {dialect.encoding} text; state the 'encoding' of "
            "its source, such as windows-1252"
        )
    return line


def _python_dialect(dialect: Dialect) -> dict[str, Any]:
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "doublequote": dialect.escape == DOUBLED,
        "escapechar": None if dialect.escape == DOUBLED else dialect.escape,
        "skipinitialspace": True,
    }


def _spark_dialect(dialect: Dialect) -> dict[str, str]:
    return {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
        "sep": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.quote if dialect.escape == DOUBLED else dialect.escape,
        "ignoreLeadingWhiteSpace": str(dialect.skip_initial_space).lower(),
        "nullValue": "",
        "emptyValue": "",
    }


def _spanning(spark: SparkSession, files: Sequence[StoredFile], dialect: Dialect) -> frozenset[str]:
    """Return the files with a quoted field that goes on in the next line, by URI."""
    if not dialect.may_span_lines:
        return frozenset()
    lines = without_first_lines(read_lines(spark, files, dialect), dialect.skip_lines)
    line = F.col(LINE)
    opens = Grammar.of(dialect).leaves_open(line) & ~is_comment(line, dialect)
    opened = lines.where(opens).select(FILE_URI).distinct()
    return frozenset(row[FILE_URI] for row in opened.collect())


def _read_kind(
    spark: SparkSession,
    kind: _Kind,
    files: Sequence[StoredFile],
    contract: Dataset,
    dialect: Dialect,
) -> DataFrame:
    """Parse each record by itself: Spark's reader would close a quote that is left open."""
    records = _records(spark, kind, files, dialect)
    # By place: a name in a header can be whatever, also one of ours.
    places = {name: f"_{place}" for place, name in enumerate(kind.names)}
    schema = ", ".join(f"{place} string" for place in (*places.values(), MALFORMED))
    record = F.from_csv(LINE, schema, _spark_dialect(dialect)).alias("_record")
    parsed = records.select("*", record).select(LINE, FILE_URI, LOOSE, "_record.*")
    is_broken = F.col(LOOSE) | F.col(MALFORMED).isNotNull() | _is_garbled(F.col(LINE), dialect)
    header = (*kind.names, *kind.folders)
    matched = match_names(files[0].name, header, contract)
    undeclared = {
        name: F.col(places[name]) for name in undeclared_names(header, matched) if name in places
    }

    def value(name: str) -> SparkColumn:
        found = matched.get(name)
        if found in places:
            return F.col(places[found])
        return folder_value(files, found) if found else F.lit(None).cast("string")

    return parsed.select(
        *(value(name).alias(name) for name in contract.raw_names),
        F.when(is_broken, F.col(LINE)).alias(MALFORMED),
        whole_json(undeclared).alias(UNDECLARED),
        FILE_URI,
    )


def _records(
    spark: SparkSession, kind: _Kind, files: Sequence[StoredFile], dialect: Dialect
) -> DataFrame:
    """Return the records of files but for their header, comments and blank lines."""
    lines = without_first_lines(read_lines(spark, files, dialect), dialect.skip_lines)
    if kind.spans_lines:
        records = join_lines(lines, dialect)
    else:
        records = lines.where(~is_comment(F.col(LINE), dialect)).select(
            LINE,
            FILE_URI,
            F.lit(False).alias(LOOSE),  # noqa: FBT003 # a literal
        )
    rows = records.where(F.trim(LINE) != "")
    # The header is found by its text: lines have no numbers where files are read in parts.
    return rows if kind.line is None else rows.where(F.col(LINE) != kind.line)


def _is_garbled(line: SparkColumn, dialect: Dialect) -> SparkColumn:
    """Return whether a record is not of its dialect's characters, or its quotes are wrong."""
    is_garbled = ~is_text(line, dialect) | ~Grammar.of(dialect).is_whole(line)
    if not dialect.quote or dialect.escape != DOUBLED:
        return is_garbled
    quotes = F.length(line) - F.length(F.translate(line, dialect.quote, ""))
    return is_garbled | (quotes % 2 == 1)
