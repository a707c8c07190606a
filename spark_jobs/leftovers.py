"""Files in the folders of tables that no version ever named: what a writer left that was ended.

A file that an older version names stays here, whatever its age; `retention.py` knows which may go.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from spark_jobs.delta_log import LakeError
from spark_jobs.named_files import LOG, UNFINISHED, UUID, UnreadLogError, read_log
from spark_jobs.raw.sources import below
from spark_jobs.storage import (
    delete_file,
    list_below,
    list_folders,
    parquet_rows,
    whole_uri,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pyspark.sql import SparkSession

    from spark_jobs.retention import OldVersions
    from spark_jobs.storage import StoredFile

LAYERS, BATCHES = ("bronze", "silver", "quarantine", "gold"), "batches"
# As Delta's writers name files: what anybody else has put beside them is not ours to judge.
_DATA = re.compile(rf"(?:.+/)?(?:part|cdc)-\d+-{UUID}[^/]*")


@dataclass(frozen=True)
class Leftovers:
    """What no version of a table named: files that may go, and how many are too young for it.

    `unread` says why nothing can be said of the table's files.
    """

    table: str
    files: tuple[StoredFile, ...] = ()
    younger: int = 0
    unread: str = ""


def tables_of(spark: SparkSession, lake_uri: str, datasets: Collection[str]) -> list[str]:
    """List the folders of the tables of `datasets`, or of all if none is given.

    A table whose first version was never committed has a folder too. Raises LakeError for a dataset
    without tables.
    """
    lake = lake_uri.rstrip("/")
    places = {
        (layer, name): f"{lake}/{layer}/{name}"
        for layer in (*LAYERS, BATCHES)
        for name in list_folders(spark, f"{lake}/{layer}")
    }
    there = {name for _, name in places}
    if unknown := sorted({*datasets} - there):
        raise LakeError(
            f"there are no tables of {unknown} in the lake; it has those of {sorted(there)}"
        )
    folders = []
    for (layer, name), place in places.items():
        if not datasets or name in datasets:
            within = [f"{place}/{batch}" for batch in list_folders(spark, place)]
            folders += within if layer == BATCHES else [place]
    tables = [f"{folder}/{name}" for folder in folders for name in list_folders(spark, folder)]
    return [uri for uri in tables if LOG in list_folders(spark, uri)]


def find_leftovers(
    spark: SparkSession, uri: str, *, lake_uri: str, unchanged_since: int
) -> Leftovers:
    """Find the files of a table that no version in its log names, nor ever named.

    Those that were changed after `unchanged_since`, in milliseconds of the epoch, may be of a
    writer that is still at work.
    """
    table = below(lake_uri, uri)
    # Before the log is read: a file that is committed between the two is then named.
    files = own_files(whole_uri(spark, uri), list_below(spark, uri))
    try:
        log = read_log(spark, uri)
    except UnreadLogError as error:
        return Leftovers(table, unread=str(error))
    unnamed = [f for path, f in files.items() if _DATA.fullmatch(path) and f.uri not in log.named]
    if log.oldest:
        # Files of versions that the log has lost look the same, and are older than its oldest one.
        first = files[f"{LOG}/{log.oldest:020}.json"].modified
        unnamed = [file for file in unnamed if file.modified >= first]
    # Delta itself leaves files without rows behind, and out of its commits, as no crash does.
    unnamed = [file for file in unnamed if parquet_rows(spark, file.uri) != 0]
    unnamed += [
        file
        for path, file in files.items()
        if path.startswith(f"{LOG}/") and UNFINISHED.fullmatch(file.name)
    ]
    old = tuple(file for file in unnamed if file.modified < unchanged_since)
    return Leftovers(table, old, len(unnamed) - len(old))


def remove_files(spark: SparkSession, files: Iterable[StoredFile]) -> None:
    """Delete files that were found; what is broken off leaves the others to be found again."""
    for file in files:
        delete_file(spark, file.uri)


def told(found: Leftovers | OldVersions, *, lake_uri: str) -> dict[str, object]:
    """Return what was found of a table as JSON has it, with paths from the lake's root on."""
    files = [{"path": below(lake_uri, file.uri), "bytes": file.size} for file in found.files]
    return {**asdict(found), "files": files}


def own_files(root: str, files: Iterable[StoredFile]) -> dict[str, StoredFile]:
    """Return files by their path in a table, without those of tables within it."""
    paths = {file.uri.removeprefix(f"{root}/"): file for file in files}
    within = {path.partition(f"/{LOG}/")[0] for path in paths if f"/{LOG}/" in path}
    return {
        path: file
        for path, file in paths.items()
        if not any(path.startswith(f"{inner}/") for inner in within)
    }
