"""Ingest raw files into bronze: their text as it came, with the file's name, each file once."""

from __future__ import annotations

import datetime as dt
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
from spark_jobs.arrivals import (
    Arrival,
    delta_arrival,
    file_arrival,
    new_arrivals,
    read_ingested,
)
from spark_jobs.delta_log import LakeError, table_exists, table_state
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import find_files, read_as_text
from spark_jobs.raw.typed_source import read_delta_as_text
from spark_jobs.raw.unreadable import naming_unreadable, read_through
from spark_jobs.withdrawal import withdrawn_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Source
    from spark_jobs.receipt import TableReceipt
    from spark_jobs.storage import StoredFile

NOT_LISTED = "rows came from a file that was not listed: "
# The `as_of` of files that nobody dates: what arrives later is newer.
ARRIVAL_ORDER = "arrival"


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
    SourceError when it is neither, when there is no file, or one cannot be read or has columns that
    the contract does not allow.
    """
    stated = None if as_of == ARRIVAL_ORDER else moment(as_of)
    uri = lake.table_uri(lake_uri, "bronze", contract.name, "rows")
    ingested = read_ingested(spark, uri)
    known = ingested.ids if contract.sources[source].compare == "listing" else {}
    files: list[StoredFile] = []
    if contract.sources[source].format == "delta":
        location = f"{lake_uri.rstrip('/')}/{contract.sources[source].path}"
        arrivals = [delta_arrival(spark, location, contract.sources[source].path)]
    else:
        files = find_files(spark, lake_uri, contract, source)
        arrivals = [file_arrival(spark, file, known, lake_uri=lake_uri) for file in files]
    gone = withdrawn_ids(spark, contract, lake_uri=lake_uri)
    arrivals = [arrival for arrival in arrivals if arrival.ingestion_id not in gone]
    new = new_arrivals(arrivals, frozenset(ingested.ids.values()))
    has_rows = bool(new) and _append(
        spark, new, files, contract, source=source, uri=uri, as_of=stated or ingested.latest
    )
    if not has_rows and not ingested.ids:
        raise LakeError(f"dataset {contract.name!r}: its files have no rows, bronze has none")
    ingestion_ids = tuple(sorted({arrival.ingestion_id for arrival in arrivals}))
    return Ingestion(lake.receipt_of(spark, uri), ingestion_ids, len(new))


def _append(
    spark: SparkSession,
    new: Sequence[Arrival],
    files: Sequence[StoredFile],
    contract: Dataset,
    *,
    source: str,
    uri: str,
    as_of: str | None,
) -> bool:
    """Append the rows of new arrivals to bronze, and return whether they have any."""
    names = {arrival.uri for arrival in new}
    arrived = [file for file in files if file.encoded in names]
    stated = contract.sources[source]
    with naming_unreadable(spark, arrived, stated):
        read_through(spark, arrived, stated)
        rows = _read(spark, new, arrived, contract, stated)
        if rows.isEmpty():
            return False
        ids = sorted(arrival.ingestion_id for arrival in new)
        record = {"step": "ingest", "source": source, "ingestion_ids": ids}
        arrival = table_state(spark, uri).version + 1 if table_exists(spark, uri) else 0
        bronze = with_lineage(rows, new, as_of=as_of, arrival=arrival)
        lake.put_batches(bronze, uri, column=INGESTION_ID, batches=ids, record=record)
    return True


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


def _read(
    spark: SparkSession,
    arrivals: Sequence[Arrival],
    files: Sequence[StoredFile],
    contract: Dataset,
    source: Source,
) -> DataFrame:
    if source.format == "delta":
        arrival = arrivals[0]
        stored = lake.read_version(spark, arrival.uri, arrival.modified)
        return read_delta_as_text(stored, arrival.uri, contract)
    return read_as_text(spark, files, contract, source)
