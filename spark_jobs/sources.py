"""Read raw files as text, exactly as they came: CSV, JSON lines, Parquet and Delta by contract."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from spark_jobs.judge import MALFORMED, UNDECLARED
from spark_jobs.storage import list_files, read_first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

FILE_URI = "_file_uri"


class SourceError(ValueError):
    """Raw files are missing, empty, or have other columns than their contract allows."""


def find_files(spark: SparkSession, lake: str, contract: Dataset, source: str) -> list[StoredFile]:
    """List the raw files of a source; none is an error that says where they are looked for."""
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
    return _read_typed(spark.read.parquet(*uris).select("*", _file_uri()), contract)


def read_delta_as_text(rows: DataFrame, uri: str, contract: Dataset) -> DataFrame:
    """Read one version of a Delta source as `read_as_text` reads files."""
    return _read_typed(rows.withColumn(FILE_URI, F.lit(uri)), contract)


def check_columns(where: str, found: Iterable[str], contract: Dataset) -> None:
    """Hold the columns of a file against the contract's policy for new and missing ones."""
    found = list(found)
    repeated = sorted({name for name in found if found.count(name) > 1})
    if repeated:
        raise SourceError(f"{where}: columns {repeated} are there twice")
    missing = [name for name in contract.column_names if name not in found]
    undeclared = [name for name in found if name not in contract.column_names]
    key_missing = [name for name in missing if name in contract.key]
    if key_missing or (missing and contract.missing_columns == "fail"):
        raise SourceError(
            f"{where}: columns {missing} are missing; it has {found}; correct the file, or say "
            f"'missing_columns: \"null\"' in conf/datasets/{contract.name}.yml"
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
    frames = [_read_csv_group(spark, uris, h, contract) for h, uris in by_header.items()]
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame)
    return rows


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
    """Parse each line by itself, so that one with an open quote is seen to be but half a record.

    Spark's CSV reader would close the quote and give the half as a value.
    """
    names = _csv_names(header)
    schema = ", ".join(f"`{name.replace('`', '``')}` string" for name in (*names, MALFORMED))
    lines = spark.read.text(uris).select("value", _file_uri())
    records = lines.where((F.trim("value") != "") & (F.col("value") != header))
    options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": MALFORMED,
        "quote": '"',
        "escape": '"',
        "nullValue": "",
        "emptyValue": "",
    }
    rows = records.select(
        "value", FILE_URI, F.from_csv("value", schema, options).alias("record")
    ).select("value", FILE_URI, "record.*")
    quotes = F.length("value") - F.length(F.translate("value", '"', ""))
    is_broken = (quotes % 2 == 1) | F.col(MALFORMED).isNotNull()
    return rows.select(
        *(_text_or_null(name, names) for name in contract.column_names),
        F.when(is_broken, F.col("value")).alias(MALFORMED),
        _undeclared(names, contract).alias(UNDECLARED),
        FILE_URI,
    )


def _read_json_lines(lines: DataFrame, contract: Dataset) -> DataFrame:
    """Take each object apart into text; a line that is no object is malformed, a blank one none.

    Read as the list of its objects, since Spark would read the first of several and drop the rest.
    """
    listed = F.from_json(F.concat(F.lit("["), "value", F.lit("]")), "array<map<string,string>>")
    objects = (
        lines.where(F.trim("value") != "")
        .select("*", listed.alias("listed"))
        .select("*", F.when(F.size("listed") == 1, F.col("listed")[0]).alias("object"))
    )
    declared = F.array(*(F.lit(name) for name in contract.column_names))
    others = F.map_filter("object", lambda name, _: ~F.array_contains(declared, name))
    return objects.select(
        *(F.col("object").getItem(name).alias(name) for name in contract.column_names),
        F.when(F.col("object").isNull(), F.col("value")).alias(MALFORMED),
        F.when(F.size(others) > 0, F.to_json(others)).alias(UNDECLARED),
        FILE_URI,
    )


def _read_typed(rows: DataFrame, contract: Dataset) -> DataFrame:
    """Turn typed columns into the text that Spark writes for them."""
    header = [name for name in rows.columns if name != FILE_URI]
    check_columns(f"dataset {contract.name!r}", header, contract)
    return rows.select(
        *(_text_or_null(name, header) for name in contract.column_names),
        F.lit(None).cast("string").alias(MALFORMED),
        _undeclared(header, contract).alias(UNDECLARED),
        FILE_URI,
    )


def _undeclared(header: Sequence[str], contract: Dataset) -> SparkColumn:
    extra = [F.col(f"`{name}`") for name in header if name not in contract.column_names]
    return F.to_json(F.struct(*extra)) if extra else F.lit(None).cast("string")


def _text_or_null(name: str, header: Sequence[str]) -> SparkColumn:
    column = F.col(f"`{name}`") if name in header else F.lit(None)
    return column.cast("string").alias(name)


def _literal(uri: str) -> str:
    """Keep Spark from taking a file's name for a pattern."""
    return re.sub(r"([\[\]{}*?])", r"\\\1", uri)


def _file_uri() -> SparkColumn:
    return F.col("_metadata.file_path").alias(FILE_URI)
