"""The state of a Delta table, read from its transaction log by the Delta protocol.

Two small files hold a table's id and newest version; Delta itself takes two Spark jobs to say
them, which is most of a run's time for a dozen small tables.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delta.tables import DeltaTable

from spark_jobs.storage import StorageError, list_names, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

COMMIT = re.compile(r"^(\d{20})\.json$")
# The version, and of how many parts it is if it has several.
CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$")
# How many rows the files have that a commit adds, by what it did: a write or MERGE, a DELETE.
_ROWS_ADDED = ("numOutputRows", "numCopiedRows")
Record = Mapping[str, object]
Action = Mapping[str, Any]


class LakeError(RuntimeError):
    """A table is missing, is not the one on the receipt, or was changed by another run."""


class WriteConflictError(LakeError):
    """Another run wrote a table while this one did."""


class CommitError(LakeError):
    """A commit of a table is missing, or cut off."""

    def __init__(self, uri: str, version: int, problem: str) -> None:
        super().__init__(problem)
        self.uri = uri
        self.version = version
        self.problem = problem


@dataclass(frozen=True)
class TableState:
    """The newest version of a table, with the record that its writer committed.

    `commit` is the id of that commit's transaction: a version that is taken back leaves its number
    to the next one. It is empty where the writer, which was not Delta's own, has told none.
    """

    uri: str
    id: str
    version: int
    record: Record
    commit: str = ""


def table_exists(spark: SparkSession, uri: str) -> bool:
    return bool(versions(spark, uri))


def table_state(spark: SparkSession, uri: str) -> TableState:
    """Read a table's id, newest version and the record of its last commit (empty if not ours).

    Raises LakeError when there is no table, and CommitError when its newest commit is not whole.
    """
    commits = versions(spark, uri)
    if not commits:
        raise LakeError(f"{uri}: there is no table yet; run the step that writes it first")
    newest = max(commits)
    last = read_commit(spark, uri, newest)
    identity = (0 in commits and _first_id(spark, uri)) or _id_of_old_table(spark, uri)
    return TableState(uri, str(identity), newest, _parse_record(_info(last)), _transaction(last))


def commit_id(spark: SparkSession, uri: str, version: int) -> str:
    """Return the id of the transaction that made a version; empty where it has none.

    Raises CommitError where the commit is not there, or not whole.
    """
    return _transaction(read_commit(spark, uri, version))


def first_record(spark: SparkSession, uri: str) -> Record:
    """Return the record that the writer of a table's first commit left; empty where it is gone."""
    if 0 not in versions(spark, uri):
        return {}
    return _parse_record(_info(read_commit(spark, uri, 0)))


def versions(spark: SparkSession, uri: str) -> list[int]:
    """List the versions of a table whose commits are there."""
    names = list_names(spark, f"{uri}/_delta_log")
    return [int(match.group(1)) for match in map(COMMIT.match, names) if match]


def read_lines(spark: SparkSession, commit: str) -> list[str]:
    """Read the actions of a commit, each of which is a line."""
    # By one character: the texts in them may have others at which Python ends a line.
    return [line for line in read_text(spark, commit).split("\n") if line]


def read_commit(spark: SparkSession, uri: str, version: int) -> list[dict[str, Action]]:
    """Read the actions of a commit in their order.

    Raises CommitError for one that is missing, or lacks some of what it says that it has.
    """
    file = commit_file(uri, version)
    try:
        actions: list[dict[str, Action]] = [json.loads(line) for line in read_lines(spark, file)]
    except StorageError as error:
        raise CommitError(uri, version, str(error)) from error
    except json.JSONDecodeError as error:
        raise CommitError(uri, version, f"{file} is cut off") from error
    if not actions or _rows_added(actions) < _rows_due(actions):
        raise CommitError(uri, version, f"{file} is cut off")
    return actions


def commit_file(uri: str, version: int) -> str:
    return f"{uri}/_delta_log/{version:020}.json"


def rows_of(add: Action) -> int | None:
    """Return how many rows a data file that is added has, where its statistics say so."""
    rows: int | None = json.loads(add.get("stats") or "{}").get("numRecords")
    return rows


def _rows_due(actions: Sequence[Mapping[str, Action]]) -> int:
    """Return how many rows a commit has added, as it says itself; 0 where it does not."""
    metrics = _info(actions).get("operationMetrics")
    told = metrics if isinstance(metrics, dict) else {}
    return next((int(told[name]) for name in _ROWS_ADDED if name in told), 0)


def _rows_added(actions: Sequence[Mapping[str, Action]]) -> float:
    rows = [rows_of(action["add"]) for action in actions if "add" in action]
    return sum(math.inf if number is None else number for number in rows)


def _info(actions: Sequence[Mapping[str, Action]]) -> Action:
    return next((action["commitInfo"] for action in actions if "commitInfo" in action), {})


def was_taken_back(spark: SparkSession, uri: str, version: int, commit: str) -> bool:
    """Return whether a version that there was is there no more, or is not that of `commit`.

    What made it cannot be told where `commit` is empty, or was cleaned up.
    """
    there = versions(spark, uri)
    if version > max(there, default=-1):
        return True
    return bool(commit) and version in there and commit_id(spark, uri, version) != commit


def _transaction(actions: Sequence[Mapping[str, Action]]) -> str:
    return str(_info(actions).get("txnId") or "")


def _first_id(spark: SparkSession, uri: str) -> str | None:
    for line in read_lines(spark, commit_file(uri, 0)):
        # Not parsed first: a commit can have thousands of lines about files.
        if line.startswith('{"metaData"'):
            return str(json.loads(line)["metaData"]["id"])
    return None


def _id_of_old_table(spark: SparkSession, uri: str) -> object:
    """Ask Delta for the id of a table whose first commits have been cleaned up."""
    return DeltaTable.forPath(spark, uri).detail().select("id").collect()[0].id


def _parse_record(info: Mapping[str, object]) -> Record:
    try:
        record = json.loads(str(info.get("userMetadata") or "{}"))
    except json.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}
