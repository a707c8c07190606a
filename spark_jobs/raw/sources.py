"""Find the raw files of a source, and read them as text, exactly as they came, by contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spark_jobs.raw.checks import folder_values
from spark_jobs.raw.csv_source import read_csv
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.json_source import read_json_lines, read_json_lists
from spark_jobs.raw.typed_source import read_typed
from spark_jobs.storage import knows_encoding, list_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Source
    from spark_jobs.storage import StoredFile


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


def list_all(spark: SparkSession, patterns: Sequence[str]) -> list[StoredFile]:
    """List the files that match any of some URI patterns, each with what its folders state."""
    found = {file.uri: file for pattern in patterns for file in list_files(spark, pattern)}
    return [replace(file, folders=folder_values(uri)) for uri, file in sorted(found.items())]


def below(lake: str, uri: str) -> str:
    """Return a file's path from the lake's root on, so that a lake can be moved."""
    return uri.partition(lake.rstrip("/") + "/")[2] or uri


def read_as_text(
    spark: SparkSession, files: Sequence[StoredFile], contract: Dataset, source: Source
) -> DataFrame:
    """Read files of one format: the contract's columns as text, MALFORMED, UNDECLARED, FILE_URI.

    MALFORMED is the whole record where it is not of its format; UNDECLARED holds columns that the
    contract does not know, as JSON. A column that a file lacks has the value that its folders
    state, such as `store=1`. Raises SourceError when a file's columns break the contract, or Java
    does not know its encoding.
    """
    if not knows_encoding(spark, source.dialect.encoding):
        raise SourceError(
            f"dataset {contract.name!r}: Java knows no encoding {source.dialect.encoding!r}; "
            f"correct it in conf/datasets/{contract.name}.yml"
        )
    if source.format == "csv":
        return read_csv(spark, files, contract, source.dialect)
    if source.format == "jsonl":
        return read_json_lines(spark, files, contract, source.dialect)
    if source.format == "json":
        return read_json_lists(spark, files, contract, source)
    return read_typed(spark, files, contract, file_format=source.format)
