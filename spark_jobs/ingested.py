"""Which raw files bronze has, without reading its rows anew each time.

What was found is kept beside the states of steps, with the version of bronze that it is of. A later
run reads the rows that were written since, and all of them where rows are gone, or nothing is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.columns import AS_OF, FILE_MODIFIED, FILE_SIZE, INGESTION_ID, ROW_ID, SOURCE_FILE
from spark_jobs import lake
from spark_jobs.delta_log import table_exists, table_state
from spark_jobs.fingerprint import parse_version, version_of
from spark_jobs.receipt import TableReceipt
from spark_jobs.step_state import read_note
from spark_jobs.storage import write_text
from spark_jobs.version_changes import changes_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.arrivals import Arrival
    from spark_jobs.delta_log import TableState

Listing = tuple[str, int, int]


@dataclass(frozen=True)
class Ingested:
    """What bronze has: the ingestion id of each file as it was listed, and the latest `as_of`.

    A file is listed by its name, size and time of change. `table` is the version of bronze, as
    `version_of` names it, and empty without bronze; `is_kept` says that a note has all of it.
    """

    ids: Mapping[Listing, str]
    latest: str | None
    table: str = ""
    is_kept: bool = False

    def with_arrivals(
        self, arrivals: Iterable[Arrival], as_of: str | None, state: TableState
    ) -> Ingested:
        """Return what bronze has once these arrivals were appended, by the commit of `state`."""
        new = {(each.name, each.size, each.modified): each.ingestion_id for each in arrivals}
        latest = max(filter(None, (self.latest, as_of)), default=None)
        return Ingested({**self.ids, **new}, latest, version_of(state))


def read_ingested(spark: SparkSession, uri: str, kept: str) -> Ingested:
    """Return which files bronze has; `kept` is where `keep_ingested` keeps it."""
    if not table_exists(spark, uri):
        return Ingested({}, None)
    state = table_state(spark, uri)
    bronze = TableReceipt(uri, state.id, state.version, 0, 0, commit=state.commit)
    before = _read_kept(spark, kept)
    if before and before.table == version_of(bronze):
        return before
    new = _new_rows(spark, bronze, before.table) if before else None
    if before is None or new is None:
        before, new = Ingested({}, None), lake.read_version(spark, uri, state.version)
    # Distinct, since every row of a file names the file.
    listing = (SOURCE_FILE, FILE_SIZE, FILE_MODIFIED, INGESTION_ID, AS_OF)
    files = new.select(*listing).distinct().collect()
    ids = {(f[SOURCE_FILE], f[FILE_SIZE], f[FILE_MODIFIED]): f[INGESTION_ID] for f in files}
    moments = [before.latest, *(f[AS_OF] for f in files)]
    return Ingested(
        {**before.ids, **ids}, max(filter(None, moments), default=None), version_of(bronze)
    )


def keep_ingested(spark: SparkSession, kept: str, ingested: Ingested) -> None:
    """Keep what bronze has for the next run, unless that is kept already."""
    if ingested.is_kept or not ingested.table:
        return
    files = [[*listing, identity] for listing, identity in ingested.ids.items()]
    told = {"table": ingested.table, "latest": ingested.latest, "files": files}
    write_text(spark, kept, json.dumps(told))


def _read_kept(spark: SparkSession, kept: str) -> Ingested | None:
    told = read_note(spark, kept)
    try:
        ids = {(name, size, modified): one for name, size, modified, one in told["files"]}
        parse_version(told["table"])
        return Ingested(ids, told["latest"], told["table"], is_kept=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # none, or not whole: bronze itself is read


def _new_rows(spark: SparkSession, bronze: TableReceipt, before: str) -> DataFrame | None:
    """Return the rows that bronze has since the version `before`; None where some are gone."""
    changes = changes_since(spark, bronze, before)
    differing = changes.differing([ROW_ID]) if changes else None
    return differing.new if differing and differing.gone.isEmpty() else None
