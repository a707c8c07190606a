"""The files that the versions of a table name, by its log, as Delta's protocol writes it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyspark.sql import functions as F

from spark_jobs.delta_log import CHECKPOINT, COMMIT, commit_file, read_lines
from spark_jobs.storage import list_names, whole_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import SparkSession

LOG = "_delta_log"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# What has not got its name yet.
UNFINISHED = re.compile(rf"\.[^/]+\.{UUID}\.tmp")
_BESIDE_VERSIONS = re.compile(
    r"\d{20}\.(?:crc|\d{20}\.compacted\.json)|_last_(?:checkpoint|vacuum_info)"
)
# Commits of catalogs, and checkpoints of the second version: no table of ours has them.
_ELSEWHERE = ("_commits", "_staged_commits", "_sidecars")
_NAMING = ('{"add"', '{"remove"', '{"cdc"')
_ABSOLUTE = re.compile(r"[A-Za-z][\w+.-]*:/")


class UnreadLogError(RuntimeError):
    """A log does not say everything that its versions named."""


@dataclass(frozen=True)
class Log:
    """What a log still has: the URIs of the files that it names, and its oldest version, if any."""

    named: frozenset[str]
    oldest: int | None


def read_log(spark: SparkSession, uri: str) -> Log:
    """Read the names of all files that are or were in a version of a table.

    Raises UnreadLogError for a log that has lost a version which a later one builds upon.
    """
    log, root = f"{uri}/{LOG}", whole_uri(spark, uri)
    names = [name for name in list_names(spark, log) if not UNFINISHED.fullmatch(name)]
    versions = sorted(int(match[1]) for match in map(COMMIT.match, names) if match)
    checkpoints = {name: int(match[1]) for name in names if (match := CHECKPOINT.match(name))}
    unknown = [name for name in names if not _is_known(spark, log, name)]
    if unknown:
        raise UnreadLogError(f"its log has what is not known here: {', '.join(sorted(unknown))}")
    if not versions and {*names} - {*_ELSEWHERE}:
        raise UnreadLogError("its log has lost its versions")
    first = versions[0] if versions else 0
    begins = first == 0 or max(checkpoints.values(), default=-1) >= first - 1
    if not begins or versions != list(range(first, first + len(versions))):
        raise UnreadLogError("its log lacks a version between those that it has")
    paths = {path for version in versions for path in _paths(spark, commit_file(uri, version))}
    for checkpoint in checkpoints:
        actions = spark.read.parquet(f"{log}/{checkpoint}")
        rows = actions.select(F.coalesce("add.path", "remove.path").alias("path"))
        paths |= {row.path for row in rows.where("path IS NOT NULL").collect()}
    named = frozenset(whole_path(unquote(path), root) for path in paths)
    return Log(named, versions[0] if versions else None)


def _is_known(spark: SparkSession, log: str, name: str) -> bool:
    if name in _ELSEWHERE:
        return not list_names(spark, f"{log}/{name}")
    return any(form.fullmatch(name) for form in (COMMIT, CHECKPOINT, _BESIDE_VERSIONS))


def _paths(spark: SparkSession, commit: str) -> Iterable[str]:
    for line in read_lines(spark, commit):
        # Not all parsed: the info of a commit may be long.
        if line.startswith(_NAMING):
            (action,) = json.loads(line).values()
            yield action["path"]


def whole_path(path: str, root: str) -> str:
    """Return the URI, as it is listed, of a path that a log has: within `root`, or a whole one."""
    if _ABSOLUTE.match(path):
        return re.sub(r"^file:/+", "file:/", path)
    if path.startswith("/"):
        scheme = re.match(r"[^/]*:(?://[^/]*)?", root)
        return f"{scheme[0] if scheme else ''}{path}"
    return f"{root}/{path}"
