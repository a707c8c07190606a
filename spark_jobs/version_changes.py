"""The rows in which two versions of a table differ, read from the files that one of them has.

A commit adds files and removes some; all others hold what they held before. So what differs costs
as much to read as was written in between, whatever the table has besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs import lake
from spark_jobs.delta_files import data_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_OF_A_GLOB = re.compile(r"([{}\[\]*?\\])")


@dataclass(frozen=True)
class VersionChanges:
    """The rows of the files that only the version before has, and of those only the later has.

    A row that a commit has copied from one file to another is in both.
    """

    gone: DataFrame
    new: DataFrame

    def differing(self, same: Sequence[str]) -> VersionChanges:
        """Leave out rows that both have, as the columns `same` tell."""
        return VersionChanges(
            _without(self.gone, self.new, same), _without(self.new, self.gone, same)
        )


def changes_between(spark: SparkSession, uri: str, before: int, after: int) -> VersionChanges:
    """Return what two versions of a table differ in, each in its own columns.

    Files of both versions must be there: see `is_whole`. Raises CommitError for a broken log.
    """
    old, now = (data_files(spark, uri, version) for version in (before, after))
    schemas = [lake.read_version(spark, uri, version).schema for version in (before, after)]
    return VersionChanges(
        _rows_of(spark, uri, sorted(old.keys() - now.keys()), schemas[0]),
        _rows_of(spark, uri, sorted(now.keys() - old.keys()), schemas[1]),
    )


def _rows_of(spark: SparkSession, uri: str, files: Iterable[str], schema: StructType) -> DataFrame:
    """Read data files of a table, which have all of its columns: no table has partitions."""
    folder = _OF_A_GLOB.sub(r"\\\1", uri.rstrip("/"))
    paths = [f"{folder}/{file}" for file in files]
    if not paths:
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).parquet(*paths)


def _without(rows: DataFrame, others: DataFrame, same: Sequence[str]) -> DataFrame:
    return rows.join(others.select(*same), on=list(same), how="left_anti").select(*rows.columns)
