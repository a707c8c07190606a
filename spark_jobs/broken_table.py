"""Says which file of a table is lost or damaged, and what helps; such a table is not written to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from spark_jobs.delta_files import CheckpointError, data_files, find_damage
from spark_jobs.delta_log import (
    CHECKPOINT,
    CommitError,
    LakeError,
    TableState,
    read_commit,
    table_exists,
    table_state,
    versions,
)
from spark_jobs.storage import list_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import SparkSession

    from spark_jobs.delta_files import Damage

_DATA_FILE = re.compile(r"(\w+:/[^\s\"']*|/[^\s\"']*)/(part-[\w.-]+\.parquet)")
_AGAIN = "run the pipeline again from its first step"
# What the next run does not write again by itself, by the table's name.
_NOT_MADE_AGAIN = {
    "scores": "score its batches again",
    "rejected_scores": "score its batches again",
    "held_scores": "score its batches again",
    "incidents": "score the batches again that held_scores has",
    "withdrawn": "withdraw its files again",
}


class BrokenTableError(LakeError):
    """A table lacks a file that it needs, or has a damaged one; nothing was written to it."""


def whole_state(spark: SparkSession, uri: str) -> TableState:
    """Return the state of a table whose files are all there, each with the size that is due.

    Raises BrokenTableError for one that is not whole, and LakeError when there is no table.
    """
    # First: Delta is asked for the id of an old table, and says less of one that is broken.
    require_whole(spark, uri, max(versions(spark, uri), default=-1))
    return table_state(spark, uri)


def refuse_broken(spark: SparkSession, uris: Iterable[str]) -> None:
    """Raise BrokenTableError unless those of some tables that are there are whole."""
    for uri in uris:
        if table_exists(spark, uri):
            whole_state(spark, uri)


def require_whole(spark: SparkSession, uri: str, version: int) -> None:
    """Raise BrokenTableError unless all that a version of a table needs is there."""
    try:
        files = data_files(spark, uri, version)
    except CommitError as error:
        raise broken_log(spark, error) from error
    damage = find_damage(spark, uri, files)
    if damage:
        newest = max(versions(spark, uri))
        if version < newest and _goes_on_without(spark, uri, newest, damage):
            raise BrokenTableError(
                f"{uri}: version {version} cannot be read any more: {damage[0].file} "
                f"{damage[0].problem}; version {newest} does not need it: such files go by `care "
                f"--versions-older-than` and by VACUUM; {_AGAIN}"
            )
        more = f" (and {len(damage) - 1} more files are damaged)" if damage[1:] else ""
        gone = [each.file for each in damage]
        raise BrokenTableError(_told(spark, uri, version, gone, f"{damage[0].problem}{more}"))


def _goes_on_without(spark: SparkSession, uri: str, version: int, damage: list[Damage]) -> bool:
    """Return whether a version needs no file that another one lacks."""
    try:
        return data_files(spark, uri, version).keys().isdisjoint(each.file for each in damage)
    except CommitError:
        return False


def broken_log(spark: SparkSession, error: CommitError) -> BrokenTableError:
    """Return the error of a table that lacks a part of its log."""
    newest = max(versions(spark, error.uri))
    return BrokenTableError(
        f"{error.uri}: version {newest} is broken: {error.problem}; nothing was written to it: put "
        f"the file back from a copy, or {_without(spark, error, newest)}"
    )


def unreadable_file(spark: SparkSession, message: str, reason: str) -> BrokenTableError | None:
    """Return the error of the data file of a table that a message of Spark's names, if it does."""
    for uri, name in data_files_in(message):
        if table_exists(spark, uri):
            newest = max(versions(spark, uri))
            return BrokenTableError(_told(spark, uri, newest, [name], f"cannot be read: {reason}"))
    return None


def data_files_in(message: str) -> list[tuple[str, str]]:
    """Return the data files that a message of Spark's names: each one's table, and its name."""
    return [
        (unquote(re.sub(r"^file:/+", "/", folder)), name)
        for folder, name in _DATA_FILE.findall(message)
        if not folder.startswith("http")
    ]


def _told(spark: SparkSession, uri: str, version: int, gone: list[str], problem: str) -> str:
    return (
        f"{uri}: version {version} is broken: {gone[0]} {problem}; nothing was written to it: put "
        f"the file back from a copy, or {_back(spark, uri, version, gone)}"
    )


def _back(spark: SparkSession, uri: str, version: int, gone: list[str]) -> str:
    """Say how a table goes on without some of its data files."""
    before = _whole_before(spark, uri, version, gone)
    if before is None:
        return _anew(uri)
    # Deleted, since a step would compare the table with the version that has it.
    return (
        f"delete it if it is there, RESTORE TABLE delta.`{uri}` TO VERSION AS OF {before} (Spark "
        f"SQL, in `make shell`), and {_AGAIN}{_withdrawn_again(spark, uri)}"
    )


def _without(spark: SparkSession, error: CommitError, newest: int) -> str:
    """Say how a table goes on without the file of its log that is broken."""
    uri, version = error.uri, error.version
    log = f"{uri}/_delta_log"
    if isinstance(error, CheckpointError) and _has_commits(spark, uri, version):
        return f"delete it and {log}/_last_checkpoint, which repeat commits, and {_AGAIN}"
    if 0 < version == newest and not _has_checkpoint(spark, uri, version):
        again = f"{_AGAIN}{_withdrawn_again(spark, uri)}"
        return f"delete it: version {version - 1} is the newest then; and {again}"
    return _anew(uri)


def _anew(uri: str) -> str:
    also = _NOT_MADE_AGAIN.get(uri.rpartition("/")[2])
    return f"move the folder of the table away and {_AGAIN}, which writes it anew" + (
        f"; {also} then" if also else ""
    )


def _withdrawn_again(spark: SparkSession, uri: str) -> str:
    """Say that an older version may have rows which have been withdrawn since, if any were."""
    lake, _, dataset, _ = uri.rsplit("/", 3)
    withdrawn = f"{lake}/bronze/{dataset}/withdrawn"
    if not table_exists(spark, withdrawn):
        return ""
    return f"; then withdraw the files again that {withdrawn} names: older versions have their rows"


def _has_checkpoint(spark: SparkSession, uri: str, version: int) -> bool:
    found = map(CHECKPOINT.match, list_names(spark, f"{uri}/_delta_log"))
    return version in {int(match[1]) for match in found if match}


def _has_commits(spark: SparkSession, uri: str, version: int) -> bool:
    return set(range(version + 1)) <= set(versions(spark, uri))


def _whole_before(spark: SparkSession, uri: str, version: int, gone: list[str]) -> int | None:
    """Return the newest version before a file that is gone was added, if that version is whole."""
    try:
        for number in range(version, 0, -1):
            added = {a["add"]["path"] for a in read_commit(spark, uri, number) if "add" in a}
            if added.isdisjoint(gone):
                continue
            files = data_files(spark, uri, number - 1)
            if files.keys().isdisjoint(gone) and not find_damage(spark, uri, files):
                return number - 1
    except CommitError:
        return None  # its commits are cleaned up: no older version can be read
    return None
