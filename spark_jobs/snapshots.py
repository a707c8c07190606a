"""Snapshots: sources of which all that is there at once is the whole truth.

Bronze has each snapshot whole, also the files that were in the one before: which rows were there
together can be told from bronze alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from conf.columns import ARRIVAL, AS_OF, FILE_MODIFIED, INGESTION_ID, SNAPSHOT
from spark_jobs.delta_log import table_exists
from spark_jobs.raw.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from spark_jobs.arrivals import Arrival

_CONTENT = 16  # characters of an ingestion id that say what a file holds
LOST_AT = "_lost_at"  # when snapshots of a source no longer had an entity


@dataclass(frozen=True)
class StoredSnapshot:
    """What of a source bronze had at some time: its name, and the ids of its files with rows."""

    name: str
    ingestion_ids: tuple[str, ...]


def content_of(ingestion_id: str) -> str:
    """Return what is the same of two ingestions of one content, which snapshots may have."""
    return ingestion_id[:_CONTENT]


def snapshot_name(source: str, arrivals: Sequence[Arrival]) -> str:
    """Return the name of a snapshot: it has the same name again with the same contents."""
    contents = sorted({content_of(arrival.ingestion_id) for arrival in arrivals})
    digest = hashlib.sha256("/".join(contents).encode()).hexdigest()
    return f"{digest[:_CONTENT]}/{source}"


def snapshot_arrivals(arrivals: Sequence[Arrival], *, number: int) -> list[Arrival]:
    """Return all files of a snapshot with ids that no other snapshot has."""
    return [
        replace(arrival, ingestion_id=f"{content_of(arrival.ingestion_id)}s{number}")
        for arrival in arrivals
    ]


def last_snapshot(
    spark: SparkSession, uri: str, source: str, *, as_of: str | None
) -> StoredSnapshot | None:
    """Return the snapshot of a source that comes before one as of a moment."""
    if not table_exists(spark, uri):
        return None
    bronze = spark.read.format("delta").load(uri)
    if SNAPSHOT not in bronze.columns:
        return None
    told = bronze.where(_source() == source).select(SNAPSHOT, AS_OF, ARRIVAL, INGESTION_ID)
    files = [row for row in told.distinct().collect() if (row[AS_OF] or "") <= (as_of or "")]
    if not files:
        return None
    last = max(files, key=lambda row: (row[AS_OF] or "", row[ARRIVAL]))
    ids = sorted(row[INGESTION_ID] for row in files if row[ARRIVAL] == last[ARRIVAL])
    return StoredSnapshot(last[SNAPSHOT], tuple(ids))


def require_present(before: DataFrame, now: DataFrame, contract: Dataset, *, source: str) -> None:
    """Raise SourceError for a snapshot that lacks more entities than its source tolerates.

    Takes the keys of the snapshot before and of this one.
    """
    known = before.count()
    lost = before.join(now, on=list(contract.key), how="left_anti").count()
    tolerated = contract.sources[source].max_deleted
    if lost > tolerated * known:
        raise SourceError(
            f"dataset {contract.name!r}: the snapshot of source {source!r} lacks {lost} of the "
            f"{known} entities of the one before, more than the share 'max_deleted' of {tolerated} "
            f"that conf/datasets/{contract.name}.yml tolerates; nothing was written: replace the "
            "files, or raise 'max_deleted' if these entities are gone"
        )


def present_keys(rows: DataFrame, contract: Dataset) -> DataFrame:
    """Return the keys of typed rows that can be read, each once, also of rows that broke a rule."""
    keys = rows.select(*contract.key)
    return keys.dropna(how="any").distinct()


def with_losses(rows: DataFrame, contract: Dataset) -> DataFrame:
    """Add LOST_AT: when snapshots lack an entity, as `moment_of` says it, each with its time.

    Takes typed rows with SNAPSHOT, AS_OF, ARRIVAL and FILE_MODIFIED. A snapshot that lacks an
    entity is one whose source had it in the snapshot before.
    """
    at = moment_of()
    in_snapshots = rows.where(_source().isin(*contract.snapshots)).select(
        _source().alias("_source"), at.alias("_at"), time_of().alias("_time"), *contract.key
    )
    in_turn = Window.partitionBy("_source").orderBy("_at")
    moments = in_snapshots.groupBy("_source", "_at").agg(F.max("_time").alias("_time"))
    next_one = F.lead(F.struct("_at", "_time")).over(in_turn)
    followed = moments.select("_source", "_at", next_one.alias("_next"))
    present = in_snapshots.drop("_time").dropna(how="any", subset=list(contract.key)).distinct()
    named = ["_source", "_at", *contract.key]
    expected = (
        present.join(followed, on=["_source", "_at"], how="inner")
        .where(F.col("_next").isNotNull())
        .select("_source", F.col("_next._at").alias("_at"), "_next._time", *contract.key)
    )
    lost = expected.join(present, on=named, how="left_anti")
    of_entities = lost.groupBy(*contract.key).agg(
        F.collect_list(F.struct(F.col("_at").alias("at"), F.col("_time").alias("time"))).alias(
            LOST_AT
        )
    )
    return rows.join(of_entities, on=list(contract.key), how="left")


def losses_since() -> SparkColumn:
    """Return how many snapshots that lack its entity are newer than a row with LOST_AT."""
    return F.coalesce(F.size(_newer_losses()), F.lit(0))


def moments_of_losses() -> SparkColumn:
    """Return the times of those snapshots, as a list that is null without LOST_AT."""
    return F.transform(_newer_losses(), lambda lost: lost["time"])


def time_of() -> SparkColumn:
    """Return the time that a row is as of: the stated one, or that of the change of its file."""
    return F.coalesce(F.col(AS_OF).cast("timestamp"), F.timestamp_millis(FILE_MODIFIED))


def moment_of() -> SparkColumn:
    """Return when a row came, to be compared: nobody's `as_of` is before all that are stated."""
    return F.struct(
        F.coalesce(F.col(AS_OF), F.lit("")).alias("as_of"),
        F.coalesce(F.col(ARRIVAL), F.lit(-1)).cast("long").alias("arrival"),
    )


def _newer_losses() -> SparkColumn:
    return F.filter(LOST_AT, lambda lost: lost["at"] > moment_of())


def _source() -> SparkColumn:
    return F.expr(f"substring({SNAPSHOT}, {_CONTENT + 2})")
