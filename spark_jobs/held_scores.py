"""Scores of batches that wait in `held_scores`, whole, until somebody releases them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from conf.columns import (
    BATCH,
    CLASS,
    FACTS,
    INPUT_HASH,
    PROBABILITIES,
    REASON,
    ROW_ID,
    SCORE,
)
from conf.incident import HELD, HELD_TABLE, HOLD, RELEASED, incidents_of_model, waiting_batches
from spark_jobs import lake
from spark_jobs.delta_log import table_exists
from spark_jobs.monitoring.incident_log import append_events, numbered
from spark_jobs.receipt import TableReceipt, check_balance
from spark_jobs.score_rows import MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from conf.dataset import Dataset
    from conf.incident import IncidentEvent
    from spark_jobs.delta_log import Record
    from spark_jobs.monitoring.incident_log import KnownEvents
    from spark_jobs.score_rows import ScoreRun

KEY = (BATCH, ROW_ID, *MODEL)


def batch_id_of(batch: TableReceipt) -> str:
    """Return the name of a batch: the folder that `select_batch` has named after its content."""
    return batch.uri.rstrip("/").split("/")[-2]


def reason_to_hold(
    events: Sequence[IncidentEvent], batch_id: str, run: ScoreRun
) -> IncidentEvent | None:
    """Return the event for which the scores of a batch must wait; None where they need not.

    Held are batches of a model while an incident of the level `hold` is open, and batches after one
    that waits: scores are written in the order of their features. A released batch waits no more.
    """
    own = [event for event in events if event.model_name == run.model_name]
    key = (batch_id, run.model_version)
    if any((e.batch, e.model_version) == key for e in own if e.event == RELEASED):
        return None
    waiting = waiting_batches(own).values()
    states = incidents_of_model(own, run.model_name)
    holding = [each.newest for each in states if each.is_open and each.level == HOLD]
    return next(iter([*waiting, *holding]), None)


def hold_scores(
    rows: Mapping[str, DataFrame],
    batch: TableReceipt,
    contract: Dataset,
    *,
    run: ScoreRun,
    lake_uri: str,
    record: Record,
) -> dict[str, TableReceipt]:
    """Keep the rows of `scores` and `rejected_scores` of a batch; what is there already stays.

    Returns receipts of `held_scores`, and of the tables that they are for, which have none of them.
    Raises ReceiptError unless each row of the batch is there.
    """
    spark, batch_id = rows["scores"].sparkSession, batch_id_of(batch)
    uri = held_uri(contract, lake_uri)
    of_batch = rows["scores"].unionByName(rows["rejected_scores"], allowMissingColumns=True)
    told = {BATCH: F.lit(batch_id), FACTS: F.lit(json.dumps(record, sort_keys=True))}
    lake.upsert_table(of_batch.withColumns(told), uri, key=KEY, record=record)
    stored = spark.read.format("delta").load(uri)
    held = stored.where(is_of(batch_id, run.model_name, run.model_version)).count()
    what = f"held scores of {contract.name!r}"
    check_balance(what, rows_in=batch.rows_in, rows_out=held, set_aside={})
    receipt = replace(lake.receipt_of(spark, uri), rows_in=held, rows_out=held)
    return {HELD_TABLE: receipt, **_left_alone(spark, rows, contract, held, lake_uri=lake_uri)}


def note_held(
    spark: SparkSession, known: KnownEvents, reason: IncidentEvent, batch_id: str, run: ScoreRun
) -> None:
    """Record once that a batch waits, and for which incident."""
    waiting = waiting_batches(known.events)
    if (batch_id, f"{run.model_name}:{run.model_version}") in waiting:
        return
    event = replace(
        reason,
        event=HELD,
        as_of=run.scored_as_of or "",
        run_id=run.run_id,
        model_version=run.model_version,
        batch=batch_id,
    )
    record = {"step": "write_scores", "run_id": run.run_id, "batch": batch_id}
    append_events(spark, known, numbered(known.events, [event]), record=record)


def held_uri(contract: Dataset, lake_uri: str) -> str:
    return lake.table_uri(lake_uri, "gold", contract.name, HELD_TABLE)


def is_of(batch_id: str, model_name: str, model_version: str) -> SparkColumn:
    """Return whether a held row is of a batch that a version of a model has scored."""
    is_batch = F.col(BATCH) == batch_id
    is_model = (F.col("model_name") == model_name) & (F.col("model_version") == model_version)
    return is_batch & is_model


def split_held(held: DataFrame) -> dict[str, DataFrame]:
    """Return held rows as those of `scores` and of `rejected_scores`, which they are to be."""
    is_refused = F.col(REASON).isNotNull()
    scored = held.where(~is_refused).drop(REASON, BATCH, FACTS)
    if PROBABILITIES in scored.columns:
        has_some = F.col(PROBABILITIES).isNotNull()
        if scored.where(has_some).isEmpty():
            scored = scored.drop(PROBABILITIES)  # those of another model, which waits too
    of_scores = (SCORE, CLASS, PROBABILITIES, INPUT_HASH, BATCH, FACTS)
    return {"scores": scored, "rejected_scores": held.where(is_refused).drop(*of_scores)}


def _left_alone(
    spark: SparkSession,
    names: Mapping[str, DataFrame],
    contract: Dataset,
    held: int,
    *,
    lake_uri: str,
) -> dict[str, TableReceipt]:
    uris = {name: lake.table_uri(lake_uri, "gold", contract.name, name) for name in names}
    return {
        name: replace(
            lake.receipt_of(spark, uri), rows_in=held, rows_out=0, set_aside={"held": held}
        )
        for name, uri in uris.items()
        if table_exists(spark, uri)
    }
