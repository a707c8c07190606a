"""What a run and its nodes did, as OpenLineage events: which data each read, and which it wrote."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from openlineage.client.event_v2 import Job, Run, RunEvent, RunState, set_producer
from openlineage.client.facet_v2 import (
    error_message_run,
    job_type_job,
    parent_run,
    tags_run,
)

from aml_pipelines.lineage.event_datasets import DatasetsOfRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import RunFacet

    from aml_pipelines.lineage.graph import Lineage

# What makes the ids of runs: the same run has the same ids however often it is told.
_IDS = uuid.UUID("6f0f0c3c-6b4e-5d0c-9a51-5b1b3c3c6d1e")
set_producer("urn:aml_pipelines")
_ENDS = {"Completed": RunState.COMPLETE, "Failed": RunState.FAIL}


@dataclass(frozen=True)
class _Told:
    """A run, or a node of it: what its two events have in common."""

    name: str
    kind: str
    started: datetime
    seconds: float
    status: str
    error: str | None
    inputs: list[InputDataset]
    outputs: list[OutputDataset]


def events_of(
    record: Mapping[str, Any], *, namespace: str, lineage: Lineage | None
) -> list[RunEvent]:
    """Return the events of a run in the order of their times: two of it, two of each node.

    A node that was reused or never started has none; a run that was cut off never ends. `lineage`
    is what the lake's own logs say: columns, written rows, raw files. Without it events have the
    tables, versions and counts of receipts.
    """
    pipeline, run_id = record["pipeline"], record["run_id"]
    whole = _Told(
        pipeline,
        "PIPELINE",
        datetime.fromisoformat(record["started"]),
        record["seconds"],
        record["status"],
        None,
        [],
        [],
    )
    told = list(_events(whole, record, run_id, namespace, parent=None))
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=_id(namespace, run_id)),
        job=parent_run.Job(namespace=namespace, name=pipeline),
    )
    datasets = DatasetsOfRun(record, lineage)
    for name, node in record["nodes"].items():
        if node["status"] in _ENDS and not node["reused"]:
            each = _Told(
                f"{pipeline}.{name}",
                node["type"].upper(),
                datetime.fromisoformat(node.get("started") or record["started"]),
                node["seconds"],
                node["status"],
                node["error"],
                datasets.read_by(name),
                datasets.written_by(name),
            )
            told += _events(each, record, f"{run_id}/{name}", namespace, parent=parent)
    return sorted(told, key=lambda event: (event.eventTime, event.eventType != RunState.START))


def _events(
    told: _Told,
    record: Mapping[str, Any],
    run: str,
    namespace: str,
    *,
    parent: parent_run.ParentRunFacet | None,
) -> Iterator[RunEvent]:
    job = Job(
        namespace,
        told.name,
        {
            "jobType": job_type_job.JobTypeJobFacet(
                processingType="BATCH", integration="AZUREML", jobType=told.kind
            )
        },
    )
    facets: dict[str, RunFacet] = {"parent": parent} if parent else {}
    if record.get("git_commit"):
        commit = tags_run.TagsRunFacetFields("git_commit", record["git_commit"], "GIT")
        facets["tags"] = tags_run.TagsRunFacet([commit])
    run_id = _id(namespace, run)
    yield RunEvent(
        eventTime=told.started.isoformat(timespec="milliseconds"),
        run=Run(run_id, dict(facets)),
        job=job,
        eventType=RunState.START,
        inputs=told.inputs,
        outputs=[],
    )
    if told.status not in _ENDS:
        return
    if told.error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(told.error, "PYTHON")
    ended = told.started + timedelta(seconds=told.seconds)
    yield RunEvent(
        eventTime=ended.isoformat(timespec="milliseconds"),
        run=Run(run_id, facets),
        job=job,
        eventType=_ENDS[told.status],
        inputs=told.inputs,
        outputs=told.outputs,
    )


def _id(namespace: str, run: str) -> str:
    return str(uuid.uuid5(_IDS, f"{namespace}/{run}"))
