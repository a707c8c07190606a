"""Arrivals: which raw files are new, each known by its content and what its folders state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_jobs.delta_log import table_state
from spark_jobs.raw.sources import below
from spark_jobs.storage import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.storage import StoredFile


@dataclass(frozen=True)
class Arrival:
    """One raw file, or one version of a Delta source; its id identifies its rows for ever.

    `uri` is as Spark names it in a row's metadata, `name` is below the lake; `size` in bytes and
    `modified` in epoch milliseconds are as listed (0 and the version, for a Delta source).
    """

    ingestion_id: str
    uri: str
    name: str
    size: int
    modified: int


def new_arrivals(arrivals: Sequence[Arrival], ingested: frozenset[str]) -> list[Arrival]:
    """Keep arrivals whose id is not `ingested`, and of those with the same content the first."""
    first: dict[str, Arrival] = {}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.name):
        first.setdefault(arrival.ingestion_id, arrival)
    return [arrival for arrival in first.values() if arrival.ingestion_id not in ingested]


def file_arrival(
    spark: SparkSession,
    file: StoredFile,
    known: Mapping[tuple[str, int, int], str],
    *,
    lake_uri: str,
) -> Arrival:
    """Identify a file by its bytes and by what its folders state, since that is data too.

    A file that is listed as before is not read again.
    """
    name = below(lake_uri, file.uri)
    listed = known.get((name, file.size, file.modified))
    ingestion_id = listed or _identity(sha256(spark, file.uri), file.folders)
    return Arrival(ingestion_id, file.encoded, name, file.size, file.modified)


def delta_arrival(spark: SparkSession, location: str, name: str) -> Arrival:
    """Return the newest version of a Delta source; each version is an arrival of its own."""
    state = table_state(spark, location)
    return Arrival(_short(f"{state.id}/{state.version}"), location, name, 0, state.version)


def _identity(content: str, folders: Mapping[str, str | None]) -> str:
    return _short(f"{sorted(folders.items())}/{content}") if folders else content[:16]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
