"""Read Parquet files and Delta tables as text: every value as a file of text would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.raw.checks import SourceError, check_columns, with_folder_columns
from spark_jobs.raw.text import file_uri, folder_value, literal, union, whole_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

EXACT = 2**53  # up to which a double has every whole number


def read_parquet(spark: SparkSession, files: Sequence[StoredFile], contract: Dataset) -> DataFrame:
    """Read files with the same schema together: Spark would take one file's for all of them."""
    by_schema: dict[tuple[str, tuple[str, ...]], list[StoredFile]] = {}
    for file in files:
        schema = spark.read.parquet(literal(file.uri)).schema
        alike = (schema.json(), tuple(sorted(file.folders)))
        by_schema.setdefault(alike, []).append(file)
    frames = []
    for group in by_schema.values():
        rows = spark.read.parquet(*(literal(file.uri) for file in group))
        named = rows.select("*", file_uri())
        frames.append(_read_typed(named, group[0].name, contract, files=group))
    return union(frames)


def read_delta_as_text(rows: DataFrame, uri: str, contract: Dataset) -> DataFrame:
    """Read one version of a Delta source as `read_as_text` reads files."""
    return _read_typed(rows.withColumn(FILE_URI, F.lit(uri)), uri, contract, files=())


def _read_typed(
    rows: DataFrame, where: str, contract: Dataset, *, files: Sequence[StoredFile]
) -> DataFrame:
    """Turn typed columns, the last of which is FILE_URI, into the text that Spark writes for them.

    `files` have the values that folders name.
    """
    fields = rows.schema.fields[:-1]
    folders = files[0].folders if files else {}
    header = [field.name for field in fields]
    check_columns(where, with_folder_columns(header, folders, contract), contract)
    binary = [field.name for field in fields if isinstance(field.dataType, T.BinaryType)]
    declared = [name for name in binary if name in contract.column_names]
    if declared:
        raise SourceError(
            f"{where}: columns {declared} hold bytes, which are no text; write them as text, or "
            f"take them out of conf/datasets/{contract.name}.yml"
        )
    # By place: a name in a file can be whatever, also one of ours.
    placed = rows.toDF(*(f"_{place}" for place in range(len(fields))), FILE_URI)
    texts = {field.name: _plain_text(field, f"_{place}") for place, field in enumerate(fields)}
    undeclared = {
        field.name: F.col(f"_{place}")
        for place, field in enumerate(fields)
        if field.name not in contract.column_names
    }
    return placed.select(
        *(
            (texts[name] if name in texts else folder_value(files, name)).alias(name)
            for name in contract.column_names
        ),
        F.lit(None).cast("string").alias(MALFORMED),
        whole_json(undeclared).alias(UNDECLARED),
        FILE_URI,
    )


def _plain_text(field: T.StructField, place: str) -> SparkColumn:
    """Write whole numbers in full (not 1.2345678E7), however they are stored, and nests as JSON."""
    value = F.col(place)
    if isinstance(field.dataType, T.DecimalType):
        return F.when(value == 0, F.lit("0")).otherwise(value.cast("string"))
    if isinstance(field.dataType, T.StructType | T.ArrayType | T.MapType):
        return F.to_json(value)
    if not isinstance(field.dataType, T.DoubleType | T.FloatType):
        return value.cast("string")
    is_whole = (value == F.floor(value)) & (F.abs(value) < EXACT) & (value != 0)
    whole = value.cast("decimal(20,0)").cast("string")
    return F.when(is_whole, whole).otherwise(value.cast("string"))
