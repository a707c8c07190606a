"""The table `incidents`: events are read at a version, and appended only if it is still the newest.

Of two runs at once one appends first; the other finds its events, and decides again.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import types as T

from conf.incident import TABLE, IncidentEvent
from spark_jobs import lake
from spark_jobs.broken_table import whole_state
from spark_jobs.delta_log import table_exists
from spark_jobs.monitoring.incident_claims import claimed_by, claims, outcome_events
from spark_jobs.monitoring.incident_findings import is_overtaken, moment_of, seen_events
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from conf.monitor import Monitor
    from spark_jobs.delta_log import TableState
    from spark_jobs.receipt import TableReceipt

_TYPES = {"str": T.StringType(), "int": T.LongType()}
SCHEMA = T.StructType([T.StructField(f.name, _TYPES[str(f.type)]) for f in fields(IncidentEvent)])


@dataclass(frozen=True)
class KnownEvents:
    """The events of a dataset's incidents at one version of their table; None has no table."""

    uri: str
    state: TableState | None
    events: tuple[IncidentEvent, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """What a run has left: the table, how many events it added, and what it has to do."""

    table: TableReceipt | None
    added: int
    actions: tuple[Mapping[str, object], ...]


@naming_faults
@done_again_on_conflict
def record_findings(
    spark: SparkSession,
    health: Mapping[str, Any],
    monitor: Monitor,
    *,
    as_of: str,
    run_id: str,
    lake_uri: str,
) -> Recorded:
    """Record what a run has found, in gold's table `incidents`, and what it is to do about it.

    `health` is what findings.json holds. Nothing new commits nothing; without any finding there is
    no table. Each action is claimed by one run alone. Raises ValueError for an `as_of` that is no
    moment.
    """
    known = read_events(spark, monitor.dataset, lake_uri=lake_uri)
    moment = moment_of(as_of, health)
    before = list(known.events)
    seen: list[IncidentEvent] = []
    if not is_overtaken(before, health):
        seen = numbered(before, seen_events(before, health, moment=moment, run_id=run_id))
    after = [*before, *seen]
    claimed = claims(after, monitor, health["model_name"], moment=moment, run_id=run_id)
    new = [*seen, *numbered(after, claimed)]
    append_events(spark, known, new, record={"step": "write_incidents", "run_id": run_id})
    events = [*before, *new]
    return Recorded(_receipt(spark, known.uri), len(new), tuple(claimed_by(events, run_id)))


@naming_faults
@done_again_on_conflict
def record_outcomes(
    spark: SparkSession,
    dataset: str,
    outcomes: Sequence[Mapping[str, Any]],
    *,
    run_id: str,
    lake_uri: str,
) -> Recorded:
    """Record what became of the actions that a run has claimed; each has one outcome, once."""
    known = read_events(spark, dataset, lake_uri=lake_uri)
    new = numbered(known.events, outcome_events(known.events, outcomes))
    append_events(spark, known, new, record={"step": "record_actions", "run_id": run_id})
    return Recorded(_receipt(spark, known.uri), len(new), ())


def read_events(spark: SparkSession, dataset: str, *, lake_uri: str) -> KnownEvents:
    """Read all events of a dataset's incidents, and the version of the table that has them."""
    uri = lake.table_uri(lake_uri, "gold", dataset, TABLE)
    if not table_exists(spark, uri):
        return KnownEvents(uri, None)
    state = whole_state(spark, uri)
    # A row a finding or an action: few enough for one process, however long a dataset is watched.
    rows = lake.read_version(spark, uri, state.version).select(*SCHEMA.names).collect()
    events = (IncidentEvent(**row.asDict()) for row in rows)
    return KnownEvents(uri, state, tuple(sorted(events, key=lambda each: each.sequence)))


def append_events(
    spark: SparkSession,
    known: KnownEvents,
    events: Sequence[IncidentEvent],
    *,
    record: Mapping[str, object],
) -> None:
    """Append events that follow from those known; none commit nothing.

    Raises WriteConflictError where another run has appended some meanwhile.
    """
    if events:
        rows = spark.createDataFrame([astuple(event) for event in events], SCHEMA).coalesce(1)
        lake.append_after(rows, known.uri, known.state, record=record)


def numbered(
    known: Sequence[IncidentEvent], events: Sequence[IncidentEvent]
) -> list[IncidentEvent]:
    """Return events with the sequence that follows those known."""
    last = max((each.sequence for each in known), default=0)
    return [replace(each, sequence=last + n) for n, each in enumerate(events, start=1)]


def _receipt(spark: SparkSession, uri: str) -> TableReceipt | None:
    return lake.receipt_of(spark, uri) if table_exists(spark, uri) else None
