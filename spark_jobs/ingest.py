"""Ingest raw files into bronze: their text as it came, with the file's name, each file once."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    ARRIVAL,
    AS_OF,
    FILE_MODIFIED,
    FILE_SIZE,
    FILE_URI,
    INGESTION_ID,
    ROW_ID,
    SOURCE_FILE,
)
from spark_jobs import lake
from spark_jobs.delta_log import LakeError, table_exists, table_state
from spark_jobs.sources import (
    SourceError,
    find_files,
    read_as_text,
    read_delta_as_text,
)
from spark_jobs.storage import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.receipt import TableReceipt
    from spark_jobs.storage import StoredFile

NOT_LISTED = "rows came from a file that was not listed: "
# The `as_of` of files that nobody dates: what arrives later is newer.
ARRIVAL_ORDER = "arrival"


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


@dataclass(frozen=True)
class Ingestion:
    """The arrivals of one source of a dataset, and the version of bronze that has them all."""

    table: TableReceipt
    ingestion_ids: tuple[str, ...]
    new_files: int


def ingest_source(
    spark: SparkSession, contract: Dataset, *, lake_uri: str, source: str, as_of: str
) -> Ingestion:
    """Append the files of a source that bronze does not have; content identifies a file.

    `as_of` is a moment as ISO 8601 writes it, in UTC unless it says otherwise, or ARRIVAL_ORDER:
    the files are then as of the latest moment that bronze has, and newer than what it has. Raises
    SourceError when it is neither, when there is no file, or one has other columns than the
    contract allows.
    """
    uri = lake.table_uri(lake_uri, "bronze", contract.name, "rows")
    stated = None if as_of == ARRIVAL_ORDER else moment(as_of)
    ingested = ingested_listings(spark, uri)
    files: list[StoredFile] = []
    if contract.sources[source].format == "delta":
        location = f"{lake_uri.rstrip('/')}/{contract.sources[source].path}"
        arrivals = [_delta_arrival(spark, location, contract.sources[source].path)]
    else:
        files = find_files(spark, lake_uri, contract, source)
        arrivals = [_file_arrival(spark, file, ingested, lake_uri=lake_uri) for file in files]
    new = new_arrivals(arrivals, frozenset(ingested.values()))
    rows = _read(spark, new, files, contract, source=source) if new else None
    if rows is not None and not rows.isEmpty():
        ids = sorted(arrival.ingestion_id for arrival in new)
        record = {"step": "ingest", "source": source, "ingestion_ids": ids}
        bronze = with_lineage(
            rows,
            new,
            as_of=stated or latest_moment(spark, uri),
            arrival=table_state(spark, uri).version + 1 if ingested else 0,
        )
        lake.put_batches(bronze, uri, column=INGESTION_ID, batches=ids, record=record)
    elif not ingested:
        raise LakeError(f"dataset {contract.name!r}: its files have no rows, bronze has none")
    ingestion_ids = tuple(sorted({arrival.ingestion_id for arrival in arrivals}))
    return Ingestion(lake.receipt_of(spark, uri), ingestion_ids, len(new))


def with_lineage(
    rows: DataFrame, arrivals: Sequence[Arrival], *, as_of: str | None, arrival: int
) -> DataFrame:
    """Add where each row came from: row id, ingestion id, file below the lake, and its order."""
    # A literal map, not a join: the files are few, and the rows stay where they are.
    by_uri = F.create_map(
        *(
            column
            for a in arrivals
            for column in (
                F.lit(a.uri),
                F.struct(
                    F.lit(a.ingestion_id).alias(INGESTION_ID),
                    F.lit(a.name).alias(SOURCE_FILE),
                    F.lit(a.size).cast("long").alias(FILE_SIZE),
                    F.lit(a.modified).cast("long").alias(FILE_MODIFIED),
                ),
            )
        )
    )
    not_listed = F.raise_error(F.concat(F.lit(NOT_LISTED), FILE_URI))
    arrived = rows.withColumn("_listed", F.coalesce(by_uri[F.col(FILE_URI)], not_listed))
    # Unique within this read; together with the ingestion id, for ever.
    position = F.monotonically_increasing_id().cast("string")
    return arrived.select(
        F.concat_ws("-", f"_listed.{INGESTION_ID}", position).alias(ROW_ID),
        "_listed.*",
        F.lit(as_of).cast("string").alias(AS_OF),
        F.lit(arrival).cast("long").alias(ARRIVAL),
        *(name for name in rows.columns if name != FILE_URI),
    )


def moment(as_of: str) -> str:
    """Return a moment in UTC, written so that later ones sort behind: 2024-01-31T08:00:00Z.

    Raises SourceError for text that is no moment.
    """
    try:
        parsed = dt.datetime.fromisoformat(as_of.strip())
    except ValueError as error:
        raise SourceError(
            f"as_of {as_of!r} is no moment; write it as 2024-01-31T08:00:00Z, or "
            f"{ARRIVAL_ORDER!r}: what arrives later is newer"
        ) from error
    in_zone = parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)
    return in_zone.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def latest_moment(spark: SparkSession, uri: str) -> str | None:
    """Return the latest `as_of` of bronze; None where it has none."""
    if not table_exists(spark, uri):
        return None
    latest: str | None = spark.read.format("delta").load(uri).agg(F.max(AS_OF)).collect()[0][0]
    return latest


def ingested_listings(spark: SparkSession, uri: str) -> dict[tuple[str, int, int], str]:
    """Map each file in bronze, as it was listed (name, size, modified), to its ingestion id."""
    if not table_exists(spark, uri):
        return {}
    # Distinct, since every row of a file names the file.
    listing = (SOURCE_FILE, FILE_SIZE, FILE_MODIFIED, INGESTION_ID)
    files = spark.read.format("delta").load(uri).select(*listing).distinct().collect()
    return {(f[SOURCE_FILE], f[FILE_SIZE], f[FILE_MODIFIED]): f[INGESTION_ID] for f in files}


def new_arrivals(arrivals: Sequence[Arrival], ingested: frozenset[str]) -> list[Arrival]:
    """Keep arrivals whose id is not `ingested`, and of those with the same content the first."""
    first: dict[str, Arrival] = {}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.name):
        first.setdefault(arrival.ingestion_id, arrival)
    return [arrival for arrival in first.values() if arrival.ingestion_id not in ingested]


def _file_arrival(
    spark: SparkSession,
    file: StoredFile,
    ingested: Mapping[tuple[str, int, int], str],
    *,
    lake_uri: str,
) -> Arrival:
    """Identify a file by its bytes; a file that is listed as before is not read again."""
    name = _below(lake_uri, file.uri)
    listed = ingested.get((name, file.size, file.modified))
    ingestion_id = listed or sha256(spark, file.uri)[:16]
    return Arrival(ingestion_id, file.encoded, name, file.size, file.modified)


def _delta_arrival(spark: SparkSession, location: str, name: str) -> Arrival:
    """Return the newest version of a Delta source; each version is an arrival of its own."""
    state = table_state(spark, location)
    return Arrival(_short(f"{state.id}/{state.version}"), location, name, 0, state.version)


def _read(
    spark: SparkSession,
    arrivals: Sequence[Arrival],
    files: Sequence[StoredFile],
    contract: Dataset,
    *,
    source: str,
) -> DataFrame:
    file_format = contract.sources[source].format
    if file_format == "delta":
        arrival = arrivals[0]
        stored = lake.read_version(spark, arrival.uri, arrival.modified)
        return read_delta_as_text(stored, arrival.uri, contract)
    names = {arrival.uri for arrival in arrivals}
    arrived = [file for file in files if file.encoded in names]
    return read_as_text(spark, arrived, contract, file_format=file_format)


def _below(lake_uri: str, uri: str) -> str:
    """Return a file's path from the lake's root on, so that a lake can be moved."""
    return uri.partition(lake_uri.rstrip("/") + "/")[2] or uri


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
