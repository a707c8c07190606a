"""What readers of raw files share: names of files, values of folders, and what is not declared."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import FILE_URI

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from spark_jobs.storage import StoredFile


def literal(uri: str) -> str:
    """Escape a file's name, which Spark would read as a pattern."""
    return re.sub(r"([\[\]{}*?])", r"\\\1", uri)


def file_uri() -> SparkColumn:
    return F.col("_metadata.file_path").alias(FILE_URI)


def folder_value(files: Sequence[StoredFile], name: str) -> SparkColumn:
    """Return what a row's file has for a column that its folders name; null where they do not."""
    stated = [(file.encoded, file.folders[name]) for file in files if file.folders.get(name)]
    if not stated:
        return F.lit(None).cast("string")
    by_uri = F.create_map(*(F.lit(text) for pair in stated for text in pair))
    return by_uri[F.col(FILE_URI)]


def whole_json(values: Mapping[str, SparkColumn]) -> SparkColumn:
    """Return undeclared values as a JSON object; null where a file has none."""
    if not values:
        return F.lit(None).cast("string")
    return F.to_json(F.struct(*(value.alias(name) for name, value in values.items())))


def union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda rows, more: rows.unionByName(more), frames)
