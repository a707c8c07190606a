"""Read raw files as text, exactly as they came: CSV, JSON lines, Parquet and Delta by contract."""

from __future__ import annotations

import csv
import re
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.storage import list_files, read_first_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

LINE = "_line"
EXACT = 2**53  # up to which a double has every whole number


class SourceError(ValueError):
    """Raw files are missing, empty, or have other columns than their contract allows."""


def find_files(spark: SparkSession, lake: str, contract: Dataset, source: str) -> list[StoredFile]:
    """List the raw files of a source; raise SourceError, with their place, when there are none."""
    pattern = f"{lake.rstrip('/')}/{contract.sources[source].path}"
    files = list_files(spark, pattern)
    if not files:
        raise SourceError(
            f"dataset {contract.name!r}: source {source!r} has no file at {pattern}; put raw files "
            f"there, or correct its path in conf/datasets/{contract.name}.yml"
        )
    return files


def read_as_text(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, *, file_format: str
) -> DataFrame:
    """Read files of one format: the contract's columns as text, MALFORMED, UNDECLARED, FILE_URI.

    MALFORMED is the whole line where a line is not of its format; UNDECLARED holds columns that the
    contract does not know, as JSON. Raises SourceError when a file's columns break the contract.
    """
    if file_format == "csv":
        return _read_csv(spark, files, contract)
    uris = [_literal(file.uri) for file in files]
    if file_format == "jsonl":
        return _read_json_lines(spark.read.text(uris).select("value", _file_uri()), contract)
    return _read_parquet(spark, files, contract)


def read_delta_as_text(rows: DataFrame, uri: str, contract: Dataset) -> DataFrame:
    """Read one version of a Delta source as `read_as_text` reads files."""
    return _read_typed(rows.withColumn(FILE_URI, F.lit(uri)), uri, contract)


def check_columns(where: str, header: Sequence[str], contract: Dataset) -> None:
    """Check the columns of a file by the contract's policy for new and missing ones."""
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise SourceError(f"{where}: columns {repeated} are there twice")
    missing = [name for name in contract.column_names if name not in header]
    undeclared = [name for name in header if name not in contract.column_names]
    key_missing = [name for name in missing if name in contract.key]
    if key_missing or (missing and contract.missing_columns == "fail"):
        raise SourceError(
            f"{where}: columns {missing} are missing; it has {list(header)}; correct the file, or "
            f"say 'missing_columns: \"null\"' in conf/datasets/{contract.name}.yml"
        )
    if undeclared and contract.new_columns == "fail":
        raise SourceError(
            f"{where}: columns {undeclared} are not in the contract; declare them in "
            f"conf/datasets/{contract.name}.yml, or say 'new_columns: keep_text' there"
        )


def _read_csv(spark: SparkSession, files: Sequence[StoredFile], contract: Dataset) -> DataFrame:
    """Read files with the same header together; the order of columns may differ between files."""
    by_header: dict[str, list[str]] = {}
    for file in files:
        header = _csv_header(file.name, read_first_line(spark, file.uri))
        check_columns(file.name, _csv_names(header), contract)
        by_header.setdefault(header, []).append(_literal(file.uri))
    return _union([_read_csv_group(spark, uris, h, contract) for h, uris in by_header.items()])


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda rows, more: rows.unionByName(more), frames)


def _csv_header(file: str, line: bytes) -> str:
    try:
        header = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: its first line is not UTF-8 text ({error.reason})") from error
    if not header.strip():
        raise SourceError(f"{file}: is empty; a CSV file begins with a line of column names")
    return header


def _csv_names(header: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in next(csv.reader([header])))


def _read_csv_group(
    spark: SparkSession, uris: list[str], header: str, contract: Dataset
) -> DataFrame:
    """Parse each line by itself, so that a line with an open quote is seen to be half a record.

    Spark's CSV reader would close the quote and give the half as a value.
    """
    names = _csv_names(header)
    schema = ", ".join(f"`{name.replace('`', '``')}` string" for name in (*names, MALFORMED))
    # The header is found by its text: lines have no numbers where files are read in parts.
    lines = spark.read.text(uris).select(F.col("value").alias(LINE), _file_uri())
    records = lines.where((F.trim(LINE) != "") & (F.col(LINE) != header))
    options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
        "quote": '"',
        "escape": '"',
        "nullValue": "",
        "emptyValue": "",
    }
    rows = records.select(
        LINE, FILE_URI, F.from_csv(LINE, schema, options).alias("_record")
    ).select(LINE, FILE_URI, "_record.*")
    quotes = F.length(LINE) - F.length(F.translate(LINE, '"', ""))
    is_broken = (quotes % 2 == 1) | F.col(MALFORMED).isNotNull() | ~_is_utf8(LINE)
    return rows.select(
        *(_text_or_null(name, names) for name in contract.column_names),
        F.when(is_broken, F.col(LINE)).alias(MALFORMED),
        _undeclared(names, contract).alias(UNDECLARED),
        FILE_URI,
    )


def _read_json_lines(lines: DataFrame, contract: Dataset) -> DataFrame:
    """Split each object into texts; a line that is no object is malformed, a blank line is skipped.

    A line is parsed as a list of objects, since Spark would read the first of several and drop the
    others.
    """
    is_object = _is_utf8("value") & (F.size("listed") == 1)
    listed = F.from_json(F.concat(F.lit("["), "value", F.lit("]")), "array<map<string,string>>")
    objects = (
        lines.where(F.trim("value") != "")
        .select("*", listed.alias("listed"))
        .select("*", F.when(is_object, F.col("listed")[0]).alias("object"))
    )
    declared = F.array(*(F.lit(name) for name in contract.column_names))
    others = F.map_filter("object", lambda name, _: ~F.array_contains(declared, name))
    return objects.select(
        *(F.col("object").getItem(name).alias(name) for name in contract.column_names),
        F.when(F.col("object").isNull(), F.col("value")).alias(MALFORMED),
        F.when(F.size(others) > 0, F.to_json(others)).alias(UNDECLARED),
        FILE_URI,
    )


def _is_utf8(name: str) -> SparkColumn:
    """Return whether a text is UTF-8: Spark reads all other bytes as one and the same letter."""
    written = F.col(name).cast("binary")
    return F.encode(F.decode(written, "UTF-8"), "UTF-8") == written


def _read_parquet(spark: SparkSession, files: Sequence[StoredFile], contract: Dataset) -> DataFrame:
    """Read files with the same schema together: Spark would take one file's for all of them."""
    by_schema: dict[str, list[StoredFile]] = {}
    for file in files:
        schema = spark.read.parquet(_literal(file.uri)).schema
        by_schema.setdefault(schema.json(), []).append(file)
    frames = []
    for group in by_schema.values():
        rows = spark.read.parquet(*(_literal(file.uri) for file in group))
        frames.append(_read_typed(rows.select("*", _file_uri()), group[0].name, contract))
    return _union(frames)


def _read_typed(rows: DataFrame, where: str, contract: Dataset) -> DataFrame:
    """Turn typed columns into the text that Spark writes for them."""
    fields = {field.name: field for field in rows.schema if field.name != FILE_URI}
    header = [name for name in rows.columns if name != FILE_URI]
    check_columns(where, header, contract)
    return rows.select(
        *(
            (_plain_text(fields[name]) if name in fields else F.lit(None).cast("string")).alias(
                name
            )
            for name in contract.column_names
        ),
        F.lit(None).cast("string").alias(MALFORMED),
        _undeclared(header, contract).alias(UNDECLARED),
        FILE_URI,
    )


def _plain_text(field: T.StructField) -> SparkColumn:
    """Write whole numbers in full, however they are stored: not 1.2345678E7, not 0E-10."""
    value = F.col(f"`{field.name}`")
    if isinstance(field.dataType, T.DecimalType):
        return F.when(value == 0, F.lit("0")).otherwise(value.cast("string"))
    if not isinstance(field.dataType, T.DoubleType | T.FloatType):
        return value.cast("string")
    is_whole = (value == F.floor(value)) & (F.abs(value) < EXACT) & (value != 0)
    whole = value.cast("decimal(20,0)").cast("string")
    return F.when(is_whole, whole).otherwise(value.cast("string"))


def _undeclared(header: Sequence[str], contract: Dataset) -> SparkColumn:
    extra = [F.col(f"`{name}`") for name in header if name not in contract.column_names]
    return F.to_json(F.struct(*extra)) if extra else F.lit(None).cast("string")


def _text_or_null(name: str, header: Sequence[str]) -> SparkColumn:
    column = F.col(f"`{name}`") if name in header else F.lit(None)
    return column.cast("string").alias(name)


def _literal(uri: str) -> str:
    """Escape a file's name, which Spark would read as a pattern."""
    return re.sub(r"([\[\]{}*?])", r"\\\1", uri)


def _file_uri() -> SparkColumn:
    return F.col("_metadata.file_path").alias(FILE_URI)
