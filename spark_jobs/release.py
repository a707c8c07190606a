"""Release a batch whose scores wait: they are written where they were to go, exactly once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conf.columns import FACTS
from conf.incident import RELEASED, TABLE, waiting_batches
from spark_jobs import lake
from spark_jobs.delta_log import LakeError, table_exists
from spark_jobs.held_scores import held_uri, is_of, split_held
from spark_jobs.monitoring.incident_log import append_events, numbered, read_events
from spark_jobs.retries import done_again_on_conflict
from spark_jobs.scores import merge_scores
from spark_jobs.session import persisted
from spark_jobs.store_faults import naming_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from conf.dataset import Dataset
    from conf.incident import IncidentEvent
    from spark_jobs.monitoring.incident_log import KnownEvents


@dataclass(frozen=True)
class BatchRelease:
    """What a release has done: the rows that it wrote, of how many models, and who released."""

    batch: str
    rows: int
    models: int
    person: str


@naming_faults
@done_again_on_conflict
def release_batch(
    spark: SparkSession,
    contract: Dataset,
    batch_id: str,
    *,
    person: str,
    as_of: str,
    lake_uri: str,
) -> BatchRelease:
    """Write the held scores of a batch to `scores` and `rejected_scores`, and record by whom.

    What was broken off is finished by the same call; a batch that is released already changes
    nothing. Raises LakeError for a batch that was never held, and where one before it waits.
    """
    known = read_events(spark, contract.name, lake_uri=lake_uri)
    waiting = waiting_batches(known.events)
    own = [event for event in waiting.values() if event.batch == batch_id]
    if not own:
        before = _released(known.events, batch_id, contract)
        _take_away(spark, contract, before, lake_uri=lake_uri)
        return BatchRelease(batch_id, 0, 0, before[-1].person)
    _refuse_earlier(list(waiting.values()), own, contract)
    rows = sum(_write(spark, contract, event, lake_uri=lake_uri) for event in own)
    events = [
        replace(e, event=RELEASED, person=person, as_of=as_of, detail=f"released by {person}")
        for e in own
    ]
    _record(spark, known, events, batch_id)
    _take_away(spark, contract, events, lake_uri=lake_uri)
    return BatchRelease(batch_id, rows, len(own), person)


def _released(
    events: Sequence[IncidentEvent], batch_id: str, contract: Dataset
) -> list[IncidentEvent]:
    """Return the events of a batch's release."""
    found = [event for event in events if event.event == RELEASED and event.batch == batch_id]
    if not found:
        waiting = sorted({event.batch for event in waiting_batches(events).values()})
        raise LakeError(
            f"no scores of a batch {batch_id!r} of {contract.name!r} are held; held are those of "
            f"{', '.join(waiting) or 'no batch'}: python -m aml_pipelines health {contract.name}"
        )
    return found


def _refuse_earlier(
    waiting: Sequence[IncidentEvent], own: Sequence[IncidentEvent], contract: Dataset
) -> None:
    """Raise LakeError where an earlier batch of the same model waits.

    Its rows would be older than those that are there, and could not be written any more.
    """
    for event in own:
        of_model = [each for each in waiting if each.model_name == event.model_name]
        first = of_model[0].batch
        if first != event.batch:
            raise LakeError(
                f"batch {event.batch!r} of {contract.name!r} waits after batch {first!r}: scores "
                "are written in the order of their features; release that one first: "
                f"python -m aml_pipelines release {first}"
            )


def _write(spark: SparkSession, contract: Dataset, event: IncidentEvent, *, lake_uri: str) -> int:
    """Write the held rows of one batch and model, and return how many they are."""
    stored = spark.read.format("delta").load(held_uri(contract, lake_uri))
    of_event = stored.where(is_of(event.batch, event.model_name, event.model_version))
    with persisted(of_event) as held:
        first = held.select(FACTS).first()
        if first is None:  # withdrawn, or written by a call that was broken off
            return 0
        facts = json.loads(first[FACTS])
        # Of this model no later scores are there: they wait behind these. Of others there may be.
        rows = held.count()
        merge_scores(split_held(held), contract, rows_in=rows, lake_uri=lake_uri, record=facts)
        return rows


def _record(
    spark: SparkSession, known: KnownEvents, events: Sequence[IncidentEvent], batch_id: str
) -> None:
    record = {"step": "release", "batch": batch_id, "table": TABLE}
    append_events(spark, known, numbered(known.events, events), record=record)


def _take_away(
    spark: SparkSession, contract: Dataset, events: Sequence[IncidentEvent], *, lake_uri: str
) -> None:
    """Delete the held rows of batches that were released: they are where they were to go."""
    uri = held_uri(contract, lake_uri)
    for event in events:
        if table_exists(spark, uri):
            is_written = is_of(event.batch, event.model_name, event.model_version)
            record = {"step": "release", "batch": event.batch, "model": event.model_name}
            lake.delete_where(spark, uri, is_written, record=record)
