"""Files of versions of tables that newer ones replaced long ago, and that nothing reads any more.

Delta's VACUUM takes the files of all older versions of some age, of those too that a data asset or
the state of a step names.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from spark_jobs.delta_files import data_files
from spark_jobs.delta_log import CHECKPOINT, CommitError, commit_file, read_commit, table_state
from spark_jobs.leftovers import own_files
from spark_jobs.named_files import LOG, UnreadLogError, read_log, whole_path
from spark_jobs.raw.sources import below
from spark_jobs.storage import list_below, list_names, whole_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.named_versions import NamedVersions
    from spark_jobs.storage import StoredFile


@dataclass(frozen=True)
class OldVersions:
    """The files that only old versions of a table need, and how many versions need them.

    `unread` says why nothing can be said of the table's versions.
    """

    table: str
    files: tuple[StoredFile, ...] = ()
    versions: int = 0
    unread: str = ""


@dataclass(frozen=True)
class _Life:
    """From which version on a table has a file, and which version has it no more."""

    path: str
    added: int
    removed: int


def find_old_versions(
    spark: SparkSession, uri: str, named: NamedVersions, *, lake_uri: str, replaced_before: int
) -> OldVersions:
    """Find the files that no version of a table needs which is kept.

    The newest version is kept, every version that was replaced after `replaced_before`, in
    milliseconds of the epoch, and every one that is `named`.
    """
    table = below(lake_uri, uri)
    try:
        log = read_log(spark, uri)
        if log.oldest is None:
            return OldVersions(table)
        state = table_state(spark, uri)
        lives = list(_lives(spark, uri, log.oldest, state.version))
    except (UnreadLogError, CommitError) as error:
        return OldVersions(table, unread=str(error))
    wanted = named.of(state.id, table)
    if None in wanted:
        return OldVersions(table, unread="an MLTable names a moment, and no version of it")
    root = whole_uri(spark, uri)
    there = own_files(root, list_below(spark, uri))
    kept = sorted(
        version
        for version in range(log.oldest, state.version + 1)
        if version == state.version
        or version in wanted
        or there[_commit(version + 1)].modified >= replaced_before
    )
    return _needed_by_none(table, lives, kept, root, {file.uri: file for file in there.values()})


def _needed_by_none(
    table: str,
    lives: Sequence[_Life],
    kept: Sequence[int],
    root: str,
    there: Mapping[str, StoredFile],
) -> OldVersions:
    is_needed: dict[str, bool] = {}
    for life in lives:
        first = bisect_left(kept, life.added)
        is_kept = first < len(kept) and kept[first] < life.removed
        is_needed[life.path] = is_needed.get(life.path, False) or is_kept
    # A path that leads out of the table is of a clone: it is the other table's.
    uris = {path: whole_path(path, root) for path, needed in is_needed.items() if not needed}
    files = {path: there[uri] for path, uri in uris.items() if uri in there}
    of = {n for life in lives if life.path in files for n in range(life.added, life.removed)}
    return OldVersions(table, tuple(files[path] for path in sorted(files)), len(of))


def _lives(spark: SparkSession, uri: str, oldest: int, newest: int) -> Iterator[_Life]:
    """Yield the lives of files up to the newest version, from the oldest that can be read on."""
    first = _first_readable(spark, uri, oldest)
    begun = dict.fromkeys(data_files(spark, uri, first), first)
    for version in range(first + 1, newest + 1):
        for action in read_commit(spark, uri, version):
            if action.get("add", {}).get("deletionVector"):
                raise UnreadLogError("its files have deletion vectors, which are not followed here")
            if "remove" in action:
                path = unquote(action["remove"]["path"])
                if path in begun:
                    yield _Life(path, begun.pop(path), version)
            elif "add" in action:
                begun.setdefault(unquote(action["add"]["path"]), version)
    yield from (_Life(path, added, newest + 1) for path, added in begun.items())


def _first_readable(spark: SparkSession, uri: str, oldest: int) -> int:
    """Return the first version whose files the log still tells: by a checkpoint if it lost some."""
    if not oldest:
        return oldest
    found = map(CHECKPOINT.match, list_names(spark, f"{uri}/{LOG}"))
    told = [int(match[1]) for match in found if match]
    return max(oldest, min(version for version in told if version >= oldest - 1))


def _commit(version: int) -> str:
    return commit_file("", version).lstrip("/")
