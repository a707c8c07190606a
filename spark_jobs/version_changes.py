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
from spark_jobs.delta_files import data_files, find_damage
from spark_jobs.delta_log import CommitError, commit_id
from spark_jobs.fingerprint import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.receipt import TableReceipt

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


def changes_since(spark: SparkSession, table: TableReceipt, earlier: str) -> VersionChanges | None:
    """Return what the version on a receipt differs in from an `earlier` one, as `version_of` names.

    Each is in its own columns. None where the earlier one is of another table, was taken back since
    so that its number is another's, or is not whole.
    """
    identity, version, commit = parse_version(earlier)
    if identity != table.id or version > table.version:
        return None
    try:
        if commit_id(spark, table.uri, version) != commit:
            return None
        old, now = (data_files(spark, table.uri, each) for each in (version, table.version))
    except CommitError:
        return None
    if find_damage(spark, table.uri, old):
        return None
    stored = (lake.read_version(spark, table.uri, each) for each in (version, table.version))
    only = (old.keys() - now.keys(), now.keys() - old.keys())
    return VersionChanges(*map(partial(_rows_of, table.uri), stored, only))


def _rows_of(uri: str, stored: DataFrame, files: Iterable[str]) -> DataFrame:
    """Read data files of a version, which have all of its columns: no table has partitions."""
    folder = _OF_A_GLOB.sub(r"\\\1", uri.rstrip("/"))
    paths = [f"{folder}/{file}" for file in sorted(files)]
    if not paths:
        return stored.limit(0)
    return stored.sparkSession.read.schema(stored.schema).parquet(*paths)


def _without(rows: DataFrame, others: DataFrame, same: Sequence[str]) -> DataFrame:
    return rows.join(others.select(*same), on=list(same), how="left_anti").select(*rows.columns)
