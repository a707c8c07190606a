"""What two runs of monitoring record at once, on a folder or in a storage account."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.monitor import load_monitor
from conf.receiver import Receiver
from spark_jobs.monitoring.incident_log import read_events, record_findings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORSE: dict[str, Any] = {
    "kind": "realised_performance",
    "column": None,
    "slice": "all",
    "day": "2024-03-01",
    "level": "retrain",
    "cause": "roc_auc is worse",
    "evidence": {"value": 0.6, "reference": 0.8},
}
NULLS: dict[str, Any] = {
    **WORSE,
    "kind": "nulls",
    "column": "km",
    "level": "hold",
    "cause": "km is null in half of the rows",
}
HEALTH = {
    "model_name": "late",
    "model_version": "1",
    "last_day": "2024-03-01",
    "rows": 10,
    "findings": [WORSE, NULLS],
}
NOWHERE = Path("nowhere")
MONITOR = replace(
    load_monitor("trips", folder=NOWHERE), receivers={"team": Receiver("team", "slack", "alerts")}
)


def record(
    spark: SparkSession, lake: str, run_id: str, health: dict[str, Any] | None = None
) -> list[str]:
    """Record findings as a run of that name; return the actions that it has to do."""
    recorded = record_findings(
        spark.newSession(),
        health or HEALTH,
        MONITOR,
        as_of="arrival",
        run_id=run_id,
        lake_uri=lake,
    )
    return [f"{told['kind']} {told['action']} {told['after']}" for told in recorded.actions]


def record_of_another(spark: SparkSession, lake: str) -> None:
    """Record a finding of another model: the table is there then."""
    record(spark, lake, "before", {**HEALTH, "model_name": "another", "findings": [NULLS]})


def events(spark: SparkSession, lake: str) -> list[str]:
    """Return the events that are there, in their order, without those of whom."""
    known = read_events(spark.newSession(), "trips", lake_uri=lake)
    return [f"{e.sequence} {e.event} {e.kind} {e.action}".rstrip() for e in known.events]
