"""The rows in which two versions of a table differ, read from the files that one of them has.

A commit adds files and removes some; all others hold what they held before. So what differs costs
as much to read as was written in between, whatever the table has besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from spark_jobs import lake
from spark_jobs.delta_files import data_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import DataFrame, SparkSession

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
    stored = (lake.read_version(spark, uri, version) for version in (before, after))
    only = (old.keys() - now.keys(), now.keys() - old.keys())
    return VersionChanges(*map(partial(_rows_of, uri), stored, only))


def _rows_of(uri: str, stored: DataFrame, files: Iterable[str]) -> DataFrame:
    """Read data files of a version, which have all of its columns: no table has partitions."""
    folder = _OF_A_GLOB.sub(r"\\\1", uri.rstrip("/"))
    paths = [f"{folder}/{file}" for file in sorted(files)]
    if not paths:
        return stored.limit(0)
    return stored.sparkSession.read.schema(stored.schema).parquet(*paths)


def _without(rows: DataFrame, others: DataFrame, same: Sequence[str]) -> DataFrame:
    return rows.join(others.select(*same), on=list(same), how="left_anti").select(*rows.columns)
