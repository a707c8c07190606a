"""The data files of a version of a Delta table, as its log states them, and whether they are there.

The log is read anew each time: Delta keeps what it has read once, and would not see what is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from spark_jobs.delta_log import (
    CHECKPOINT,
    CommitError,
    TableState,
    commit_file,
    read_commit,
    rows_of,
    table_exists,
    table_state,
)
from spark_jobs.java_errors import reason_of
from spark_jobs.storage import list_sizes
from spark_jobs.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyspark.sql import SparkSession

    from spark_jobs.delta_log import Action

SHORT_LOG = 10  # versions, before Delta writes a checkpoint


class CheckpointError(CommitError):
    """A checkpoint of a table cannot be read."""


@dataclass(frozen=True)
class DataFile:
    """A data file of a table: its size in bytes, and its rows where the log says how many."""

    size: int
    rows: int | None = None


@dataclass(frozen=True)
class Damage:
    """A file that a table needs and that is not there, or has another size than the log says."""

    file: str
    problem: str


def count_rows(spark: SparkSession, state: TableState) -> int | None:
    """Return how many rows the files of a table's newest version have, by their own statistics.

    Delta counts a table by them too, but for a small one that takes a Spark job. None where the log
    is long or does not say: the rows must be counted then.
    """
    if state.version >= SHORT_LOG:
        return None
    rows = [file.rows for file in data_files(spark, state.uri, state.version).values()]
    told = [number for number in rows if number is not None]
    return sum(told) if len(told) == len(rows) else None


def rows_if_told(spark: SparkSession, uri: str) -> int | None:
    """Return how many rows a table has, none if it is not there, if its log says so at once."""
    return count_rows(spark, table_state(spark, uri)) if table_exists(spark, uri) else 0


def data_files(spark: SparkSession, uri: str, version: int) -> dict[str, DataFile]:
    """Return the data files of a version by their paths below the table.

    Raises CommitError where a commit that the version follows from is not whole.
    """
    names = list_sizes(spark, f"{uri}/_delta_log")
    start, parts = _checkpoint(names, version)
    files = _files_of_checkpoint(spark, uri, start, parts) if parts else {}
    for number in range(start + 1, version + 1):
        if commit_file("", number).rpartition("/")[2] not in names:
            raise CommitError(uri, number, f"{commit_file(uri, number)} is not there")
        for action in read_commit(spark, uri, number):
            if "remove" in action:
                files.pop(unquote(action["remove"]["path"]), None)
            elif "add" in action:
                files[unquote(action["add"]["path"])] = _data_file(action["add"])
    return files


def find_damage(spark: SparkSession, uri: str, files: Mapping[str, DataFile]) -> list[Damage]:
    """Return what is wrong with the data files of a table, by one listing for each folder."""
    folders = {path.rpartition("/")[0] for path in files}
    there = {
        f"{folder}/{name}".lstrip("/"): size
        for folder in folders
        for name, size in list_sizes(spark, f"{uri}/{folder}".rstrip("/")).items()
    }
    return [
        Damage(path, _problem(there.get(path), file.size))
        for path, file in files.items()
        if there.get(path) != file.size
    ]


def _problem(size: int | None, due: int) -> str:
    return "is not there" if size is None else f"has {size} bytes where the log says {due}"


def _data_file(add: Action) -> DataFile:
    return DataFile(add["size"], None if add.get("deletionVector") else rows_of(add))


def _checkpoint(names: Collection[str], version: int) -> tuple[int, list[str]]:
    """Return the newest whole checkpoint up to a version and the names of its parts, or -1."""
    found: dict[int, list[str]] = {}
    due: dict[int, int] = {}
    for name in sorted(names):
        match = CHECKPOINT.match(name)
        if match and int(match[1]) <= version:
            found.setdefault(int(match[1]), []).append(name)
            due[int(match[1])] = int(match[2] or 1)
    whole = [number for number, parts in found.items() if len(parts) >= due[number]]
    return (max(whole), found[max(whole)]) if whole else (-1, [])


def _files_of_checkpoint(
    spark: SparkSession, uri: str, version: int, parts: Collection[str]
) -> dict[str, DataFile]:
    paths = [f"{uri}/_delta_log/{part}" for part in parts]
    try:
        live = spark.read.parquet(*paths).where(F.col("add").isNotNull())
        rows = live.select("add.path", "add.size").collect()
    except (Py4JJavaError, PySparkException) as error:
        if is_unavailable(error):
            raise
        problem = f"{paths[0]} cannot be read: {reason_of(error)}"
        raise CheckpointError(uri, version, problem) from error
    return {unquote(row["path"]): DataFile(row["size"]) for row in rows}
