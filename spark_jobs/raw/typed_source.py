"""Read Parquet, ORC, Avro and Delta as text: every value as a file of text would have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.raw.checks import check_columns, with_folder_columns
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.names import match_names, nested_paths, steps, undeclared_names
from spark_jobs.raw.text import file_uri, folder_value, literal, union, whole_json
from spark_jobs.storage import parquet_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

# How a Parquet schema states a column of moments in nanoseconds.
NANOSECONDS = re.compile(r"^  \w+ int64 (.+?) \(TIMESTAMP\(NANOS", re.MULTILINE)
EXACT = 2**53  # up to which a double has every whole number


def read_typed(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, *, file_format: str
) -> DataFrame:
    """Read Parquet, ORC or Avro; files with the same schema together.

    Spark would take one file's schema for all of them.
    """
    by_schema: dict[tuple[str, tuple[str, ...]], list[StoredFile]] = {}
    for file in files:
        if file_format == "parquet":
            schema = parquet_message(spark, file.uri)
        else:
            schema = typed_rows(spark, [file], file_format).schema.json()
        by_schema.setdefault((schema, tuple(sorted(file.folders))), []).append(file)
    frames = []
    for (schema, _), group in by_schema.items():
        nanoseconds = NANOSECONDS.findall(schema) if file_format == "parquet" else []
        rows = typed_rows(spark, group, file_format)
        named = rows.select(
            *(_moment(name) if name in nanoseconds else _column(name) for name in rows.columns),
            file_uri(),
        )
        frames.append(_read_typed(named, group[0].name, contract, files=group))
    return union(frames)


def typed_rows(spark: SparkSession, files: Sequence[StoredFile], file_format: str) -> DataFrame:
    """Read files with one schema as they are; moments in nanoseconds are numbers."""
    # Spark reads no nanoseconds; this it does in their place if it is told to.
    spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    return spark.read.format(file_format).load([literal(file.uri) for file in files])


def read_delta_as_text(rows: DataFrame, uri: str, contract: Dataset) -> DataFrame:
    """Read one version of a Delta source as `read_as_text` reads files."""
    return _read_typed(rows.withColumn(FILE_URI, F.lit(uri)), uri, contract, files=())


def _column(name: str) -> SparkColumn:
    return F.col(f"`{name.replace('`', '``')}`")


def _moment(name: str) -> SparkColumn:
    """Write a moment in nanoseconds as text, to the last of its nine digits."""
    whole = F.timestamp_seconds(F.floor(_column(name) / 1_000_000_000))
    rest = F.expr(f"lpad(pmod(`{name.replace('`', '``')}`, 1000000000L), 9, '0')")
    return F.concat(F.date_format(whole, "yyyy-MM-dd HH:mm:ss"), F.lit("."), rest).alias(name)


def _read_typed(
    rows: DataFrame, where: str, contract: Dataset, *, files: Sequence[StoredFile]
) -> DataFrame:
    """Turn typed columns, the last of which is FILE_URI, into the text that Spark writes for them.

    `files` have the values that folders name.
    """
    fields = {field.name: field for field in rows.schema.fields[:-1]}
    header = [field.name for field in rows.schema.fields[:-1]]
    header = list(with_folder_columns(header, files[0].folders if files else {}, contract))
    nested = {path: found for path in nested_paths(contract) if (found := _find(path, fields))}
    matched = match_names(where, header, contract, paths=nested)
    check_columns(where, header, matched, contract)
    # By place: a name in a file can be whatever, also one of ours.
    places = {name: f"_{place}" for place, name in enumerate(fields)}
    placed = rows.toDF(*places.values(), FILE_URI)

    def value(name: str) -> SparkColumn:
        found = matched.get(name)
        if found is None:
            return F.lit(None).cast("string")
        if found in fields:
            return _plain_text(fields[found].dataType, F.col(places[found]))
        if found in nested:
            first, *rest = steps(found)
            return _plain_text(nested[found], _at(F.col(places[str(first)]), rest))
        return folder_value(files, found)

    _refuse_bytes(where, matched, fields, nested, contract)
    undeclared = {
        name: F.col(places[name]) for name in undeclared_names(header, matched) if name in fields
    }
    return placed.select(
        *(value(name).alias(name) for name in contract.raw_names),
        F.lit(None).cast("string").alias(MALFORMED),
        whole_json(undeclared).alias(UNDECLARED),
        FILE_URI,
    )


def _refuse_bytes(
    where: str,
    matched: Mapping[str, str],
    fields: Mapping[str, T.StructField],
    nested: Mapping[str, T.DataType],
    contract: Dataset,
) -> None:
    types = {name: field.dataType for name, field in fields.items()} | dict(nested)
    binary = [n for n, found in matched.items() if isinstance(types.get(found), T.BinaryType)]
    if binary:
        raise SourceError(
            f"{where}: columns {binary} hold bytes, which are no text; write them as text, or "
            f"take them out of conf/datasets/{contract.name}.yml"
        )


def _find(path: str, fields: Mapping[str, T.StructField]) -> T.DataType | None:
    """Return the type of what a path leads to; None where a file has no such field."""
    first, *rest = steps(path)
    found = fields[str(first)].dataType if first in fields else None
    for step in rest:
        if isinstance(found, T.ArrayType) and isinstance(step, int):
            found = found.elementType
        elif isinstance(found, T.StructType) and step in found.names:
            found = found[str(step)].dataType
        else:
            return None
    return found


def _at(value: SparkColumn, rest: Sequence[str | int]) -> SparkColumn:
    for step in rest:
        value = value[step]
    return value


def _plain_text(kind: T.DataType, value: SparkColumn) -> SparkColumn:
    """Write whole numbers in full (not 1.2345678E7), however they are stored, and nests as JSON."""
    if isinstance(kind, T.DecimalType):
        return F.when(value == 0, F.lit("0")).otherwise(value.cast("string"))
    if isinstance(kind, T.StructType | T.ArrayType | T.MapType):
        return F.to_json(value)
    if not isinstance(kind, T.DoubleType | T.FloatType):
        return value.cast("string")
    is_whole = (value == F.floor(value)) & (F.abs(value) < EXACT) & (value != 0)
    whole = value.cast("decimal(20,0)").cast("string")
    return F.when(is_whole, whole).otherwise(value.cast("string"))
