"""Ingest raw files into bronze: their text as it came, with the file's name, each file once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import INGESTION_ID, SNAPSHOT
from spark_jobs import lake
from spark_jobs.arrivals import Arrival, delta_arrival, file_arrival, new_arrivals
from spark_jobs.broken_table import refuse_broken
from spark_jobs.delta_files import rows_if_told
from spark_jobs.delta_log import LakeError, table_exists, table_state
from spark_jobs.ingested import keep_ingested, read_ingested
from spark_jobs.judge import keys_of
from spark_jobs.lineage import with_lineage
from spark_jobs.raw.errors import SourceError
from spark_jobs.raw.sources import find_files, read_as_text
from spark_jobs.raw.typed_source import read_delta_as_text
from spark_jobs.raw.unreadable import naming_unreadable, read_through
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.session import fit_to_rows
from spark_jobs.snapshots import (
    StoredSnapshot,
    content_of,
    last_snapshot,
    require_present,
    snapshot_arrivals,
    snapshot_name,
)
from spark_jobs.store_faults import naming_faults
from spark_jobs.withdrawal import withdrawn_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.dataset_source import Source
    from spark_jobs.delta_log import TableState
    from spark_jobs.ingested import Ingested
    from spark_jobs.receipt import TableReceipt
    from spark_jobs.storage import StoredFile

# The `as_of` of files that nobody dates: what arrives later is newer.
ARRIVAL_ORDER = "arrival"
# Fewer than most rows take, in most formats.
ROW_BYTES = 50


@dataclass(frozen=True)
class Ingestion:
    """The arrivals of one source of a dataset, and the version of bronze that has them all."""

    table: TableReceipt
    ingestion_ids: tuple[str, ...]
    new_files: int


@dataclass(frozen=True)
class Arriving:
    """Where and when what arrives now is written: source, bronze, `as_of`, and number of arrival.

    Of a snapshot, its name and the one before.
    """

    source: str
    uri: str
    as_of: str | None
    number: int
    snapshot: str | None = None
    before: StoredSnapshot | None = None


@naming_faults
@done_again_on_conflict
def ingest_source(
    spark: SparkSession, contract: Dataset, *, lake_uri: str, source: str, as_of: str
) -> Ingestion:
    """Append the files of a source that bronze does not have; content identifies a file.

    `as_of` is a moment as ISO 8601 writes it, in UTC unless it says otherwise, or ARRIVAL_ORDER:
    the files are then as of the latest moment that bronze has, and newer than what it has. Raises
    SourceError when it is neither, when there is no file, or one cannot be read or has columns that
    the contract does not allow. A source of snapshots is appended whole when something differs.
    """
    stated = None if as_of == ARRIVAL_ORDER else moment(as_of)
    uri = lake.table_uri(lake_uri, "bronze", contract.name, "rows")
    refuse_broken(spark, [uri])
    is_delta = contract.sources[source].format == "delta"
    files = [] if is_delta else find_files(spark, lake_uri, contract, source)
    stored = rows_if_told(spark, uri)
    if stored is not None and not is_delta:
        fit_to_rows(spark, stored + sum(file.size for file in files) // ROW_BYTES)
    kept = f"{lake_uri.rstrip('/')}/done/{contract.name}/bronze_files.json"
    ingested = read_ingested(spark, uri, kept)
    arrivals = _arrivals(spark, files, contract, ingested, lake_uri=lake_uri, source=source)
    arriving = Arriving(source, uri, stated or ingested.latest, _next_arrival(spark, uri))
    if contract.sources[source].snapshot:
        keep_ingested(spark, kept, ingested)
        return _ingest_snapshot(spark, arrivals, files, contract, arriving)
    new = new_arrivals(arrivals, frozenset(ingested.ids.values()))
    appended = _append(spark, new, files, contract, arriving) if new else None
    if appended is None and not ingested.ids:
        raise LakeError(f"dataset {contract.name!r}: its files have no rows, bronze has none")
    if appended:
        ingested = ingested.with_arrivals(new, arriving.as_of, appended)
    keep_ingested(spark, kept, ingested)
    ingestion_ids = tuple(sorted({arrival.ingestion_id for arrival in arrivals}))
    return Ingestion(lake.receipt_of(spark, uri), ingestion_ids, len(new))


def _arrivals(
    spark: SparkSession,
    files: Sequence[StoredFile],
    contract: Dataset,
    ingested: Ingested,
    *,
    lake_uri: str,
    source: str,
) -> list[Arrival]:
    """Return the arrivals that a source's files are, or its Delta table, but for the withdrawn."""
    stated = contract.sources[source]
    if stated.format == "delta":
        location = f"{lake_uri.rstrip('/')}/{stated.path}"
        arrivals = [delta_arrival(spark, location, stated.path)]
    else:
        known = ingested.ids if stated.compare == "listing" else {}
        arrivals = [file_arrival(spark, file, known, lake_uri=lake_uri) for file in files]
    gone = {content_of(of) for of in withdrawn_ids(spark, contract, lake_uri=lake_uri)}
    return [each for each in arrivals if content_of(each.ingestion_id) not in gone]


def _ingest_snapshot(
    spark: SparkSession,
    arrivals: Sequence[Arrival],
    files: Sequence[StoredFile],
    contract: Dataset,
    arriving: Arriving,
) -> Ingestion:
    """Append all files of a source, unless the snapshot before had the same contents.

    Raises SourceError for a snapshot without a row, or without too many of the entities before.
    """
    before = last_snapshot(spark, arriving.uri, arriving.source, as_of=arriving.as_of)
    name = snapshot_name(arriving.source, arrivals)
    if before and before.name == name:
        return Ingestion(lake.receipt_of(spark, arriving.uri), before.ingestion_ids, 0)
    new = snapshot_arrivals(new_arrivals(arrivals, frozenset()), number=arriving.number)
    of_snapshot = replace(arriving, snapshot=name, before=before)
    if not new or not _append(spark, new, files, contract, of_snapshot):
        raise SourceError(
            f"dataset {contract.name!r}: the snapshot of source {arriving.source!r} has no row, "
            "which would delete all that there is; nothing was written: replace its files"
        )
    ids = tuple(sorted(arrival.ingestion_id for arrival in new))
    return Ingestion(lake.receipt_of(spark, arriving.uri), ids, len(new))


def _append(
    spark: SparkSession,
    new: Sequence[Arrival],
    files: Sequence[StoredFile],
    contract: Dataset,
    arriving: Arriving,
) -> TableState | None:
    """Append the rows of new arrivals to bronze; None where they have none."""
    names = {arrival.uri for arrival in new}
    arrived = [file for file in files if file.encoded in names]
    stated = contract.sources[arriving.source]
    with naming_unreadable(spark, arrived, stated):
        read_through(spark, arrived, stated)
        rows = _read(spark, new, arrived, contract, stated)
        if rows.isEmpty():
            return None
        ids = sorted(arrival.ingestion_id for arrival in new)
        record = {"step": "ingest", "source": arriving.source, "ingestion_ids": ids}
        bronze = with_lineage(rows, new, as_of=arriving.as_of, arrival=arriving.number)
        if arriving.snapshot:
            bronze = bronze.withColumn(SNAPSHOT, F.lit(arriving.snapshot))
            _require_present(spark, bronze, contract, arriving)
        return lake.put_batches(
            bronze, arriving.uri, column=INGESTION_ID, batches=ids, record=record
        )


def _require_present(
    spark: SparkSession, bronze: DataFrame, contract: Dataset, arriving: Arriving
) -> None:
    if arriving.before:
        stored = spark.read.format("delta").load(arriving.uri)
        before = stored.where(F.col(INGESTION_ID).isin(*arriving.before.ingestion_ids))
        known, now = keys_of(before, contract), keys_of(bronze, contract)
        require_present(known, now, contract, source=arriving.source)


def _next_arrival(spark: SparkSession, uri: str) -> int:
    """Return the number of what arrives now: the version of bronze that will have it."""
    return table_state(spark, uri).version + 1 if table_exists(spark, uri) else 0


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
