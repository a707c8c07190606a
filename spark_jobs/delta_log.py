"""What a table's transaction log says of it, read as the Delta protocol lays it down.

Two small files tell a table's id and newest version; asking Delta for them takes two Spark jobs,
which for a dozen small tables is most of a run's time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from spark_jobs.storage import list_names, read_text

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COMMIT = re.compile(r"^(\d{20})\.json$")
Record = Mapping[str, object]


class LakeError(RuntimeError):
    """A table is missing, is not the one on the receipt, or was changed by somebody else."""


@dataclass(frozen=True)
class TableState:
    """The newest version of a table, and what its writer recorded with it."""

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


def _commits(spark: SparkSession, uri: str) -> list[int]:
    names = list_names(spark, f"{uri}/_delta_log")
    return [int(found.group(1)) for found in map(COMMIT.match, names) if found]


def _read_commit(spark: SparkSession, uri: str, version: int) -> dict[str, Mapping[str, object]]:
    """Read the actions of a commit of which there is one each: its info, and the metadata."""
    actions: dict[str, Mapping[str, object]] = {}
    for line in read_text(spark, f"{uri}/_delta_log/{version:020}.json").splitlines():
        if line.startswith(('{"commitInfo"', '{"metaData"')):
            actions |= json.loads(line)
    return actions


def _id_of_old_table(spark: SparkSession, uri: str) -> object:
    """Ask Delta for the id of a table whose first commits have been cleaned up."""
    return DeltaTable.forPath(spark, uri).detail().select("id").collect()[0].id


def _parse_record(info: Mapping[str, object]) -> Record:
    try:
        found = json.loads(str(info.get("userMetadata") or "{}"))
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
