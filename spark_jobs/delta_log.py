"""The state of a Delta table, read from its transaction log by the Delta protocol.

Two small files hold a table's id and newest version; Delta itself takes two Spark jobs to say
them, which is most of a run's time for a dozen small tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from spark_jobs.storage import file_exists, list_names, read_text

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHORT_LOG = 10  # versions, before Delta writes a checkpoint
COMMIT = re.compile(r"^(\d{20})\.json$")
Record = Mapping[str, object]


class LakeError(RuntimeError):
    """A table is missing, is not the one on the receipt, or was changed by another run."""


class WriteConflictError(LakeError):
    """Another run wrote a table while this one did."""


@dataclass(frozen=True)
class TableState:
    """The newest version of a table, with the record that its writer committed."""

    uri: str
    id: str
    version: int
    record: Record


def table_exists(spark: SparkSession, uri: str) -> bool:
    return bool(_commits(spark, uri))


def table_state(spark: SparkSession, uri: str) -> TableState:
    """Read a table's id, newest version and the record of its last commit (empty if not ours).

    Raises LakeError when there is no table.
    """
    commits = _commits(spark, uri)
    if not commits:
        raise LakeError(f"{uri}: there is no table yet; run the step that writes it first")
    newest = max(commits)
    last = _read_commit(spark, uri, newest)
    first = last if newest == 0 else _read_commit(spark, uri, 0) if 0 in commits else {}
    identity = first.get("metaData", {}).get("id") or _id_of_old_table(spark, uri)
    return TableState(uri, str(identity), newest, _parse_record(last.get("commitInfo", {})))


def first_record(spark: SparkSession, uri: str) -> Record:
    """Return the record that the writer of a table's first commit left; empty where it is gone."""
    if not file_exists(spark, f"{uri}/_delta_log/{0:020}.json"):
        return {}
    return _parse_record(_read_commit(spark, uri, 0).get("commitInfo", {}))


def count_rows(spark: SparkSession, state: TableState) -> int | None:
    """Return how many rows the files of a table's newest version have, by their own statistics.

    Delta counts a table by them too, but for a small one that takes a Spark job. None where the log
    is long or does not say: the rows must be counted then.
    """
    if state.version >= SHORT_LOG:
        return None
    files: dict[str, int] = {}
    for version in range(state.version + 1):
        commit = f"{state.uri}/_delta_log/{version:020}.json"
        if not file_exists(spark, commit):
            return None
        for line in read_lines(spark, commit):
            action = json.loads(line) if line.startswith(('{"add"', '{"remove"')) else {}
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
            elif "add" in action:
                rows = json.loads(action["add"].get("stats") or "{}").get("numRecords")
                if rows is None or action["add"].get("deletionVector"):
                    return None
                files[action["add"]["path"]] = rows
    return sum(files.values())


def rows_if_told(spark: SparkSession, uri: str) -> int | None:
    """Return how many rows a table has, none if it is not there, if its log says so at once."""
    return count_rows(spark, table_state(spark, uri)) if table_exists(spark, uri) else 0


def read_lines(spark: SparkSession, commit: str) -> list[str]:
    """Read the actions of a commit, each of which is a line."""
    # By one character: the texts in them may have others at which Python ends a line.
    return read_text(spark, commit).split("\n")


def _commits(spark: SparkSession, uri: str) -> list[int]:
    names = list_names(spark, f"{uri}/_delta_log")
    return [int(match.group(1)) for match in map(COMMIT.match, names) if match]


def _read_commit(spark: SparkSession, uri: str, version: int) -> dict[str, Mapping[str, object]]:
    """Read the two actions that a commit has once: its info and the metadata."""
    actions: dict[str, Mapping[str, object]] = {}
    for line in read_lines(spark, f"{uri}/_delta_log/{version:020}.json"):
        # Not parsed first: a commit can have thousands of lines about files.
        if line.startswith(('{"commitInfo"', '{"metaData"')):
            actions |= json.loads(line)
    return actions


def _id_of_old_table(spark: SparkSession, uri: str) -> object:
    """Ask Delta for the id of a table whose first commits have been cleaned up."""
    return DeltaTable.forPath(spark, uri).detail().select("id").collect()[0].id


def _parse_record(info: Mapping[str, object]) -> Record:
    try:
        record = json.loads(str(info.get("userMetadata") or "{}"))
    except json.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}
