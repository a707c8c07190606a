"""Read raw files as text, exactly as they came: CSV, JSON lines, Parquet and Delta by contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FILE_URI, MALFORMED, UNDECLARED
from spark_jobs.raw.checks import SourceError, folder_values
from spark_jobs.raw.csv_source import read_csv
from spark_jobs.raw.text import file_uri, folder_value, is_utf8, literal
from spark_jobs.raw.typed_source import read_parquet
from spark_jobs.storage import list_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.storage import StoredFile

NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


def find_files(spark: SparkSession, lake: str, contract: Dataset, source: str) -> list[StoredFile]:
    """List the raw files of a source; raise SourceError, with their place, when there are none."""
    pattern = f"{lake.rstrip('/')}/{contract.sources[source].path}"
    files = list_files(spark, pattern)
    if not files:
        raise SourceError(
            f"dataset {contract.name!r}: source {source!r} has no file at {pattern}; put raw files "
            f"there, or correct its path in conf/datasets/{contract.name}.yml"
        )
    return [replace(file, folders=folder_values(below(lake, file.uri))) for file in files]


def below(lake: str, uri: str) -> str:
    """Return a file's path from the lake's root on, so that a lake can be moved."""
    return uri.partition(lake.rstrip("/") + "/")[2] or uri


def read_as_text(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, *, file_format: str
) -> DataFrame:
    """Read files of one format: the contract's columns as text, MALFORMED, UNDECLARED, FILE_URI.

    MALFORMED is the whole record where it is not of its format; UNDECLARED holds columns that the
    contract does not know, as JSON. A column that a file lacks has the value that its folders
    state, such as `store=1`. Raises SourceError when a file's columns break the contract.
    """
    if file_format == "csv":
        return read_csv(spark, files, contract)
    if file_format == "jsonl":
        return _read_json_lines(spark, files, contract)
    return read_parquet(spark, files, contract)


def _read_json_lines(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset
) -> DataFrame:
    """Split each object into texts; a line that is no object is malformed, a blank line is skipped.

    A line is parsed as a list of objects, since Spark would read the first of several and drop the
    others.
    """
    lines = spark.read.text([literal(file.uri) for file in files]).select("value", file_uri())
    is_object = is_utf8("value") & (F.size("listed") == 1)
    listed = F.from_json(F.concat(F.lit("["), "value", F.lit("]")), "array<map<string,string>>")
    objects = (
        lines.where(F.trim("value") != "")
        .select("*", listed.alias("listed"))
        .select("*", F.when(is_object, F.col("listed")[0]).alias("object"))
    )
    declared = F.array(*(F.lit(name) for name in contract.column_names))
    others = F.map_filter("object", lambda name, _: ~F.array_contains(declared, name))

    def value(name: str) -> SparkColumn:
        stated = F.col("object").getItem(name)
        # Spark writes what is no JSON number within quotes, which no string of JSON has.
        is_word = stated.isin(*(f'"{word}"' for word in NO_NUMBERS))
        word = F.when(is_word, F.btrim(stated, F.lit('"'))).otherwise(stated)
        return F.coalesce(word, folder_value(files, name))

    return objects.select(
        *(value(name).alias(name) for name in contract.column_names),
        F.when(F.col("object").isNull(), F.col("value")).alias(MALFORMED),
        F.when(F.size(others) > 0, F.to_json(others)).alias(UNDECLARED),
        FILE_URI,
    )
