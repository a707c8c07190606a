"""Reads a job's status, nodes, outputs and errors from its record, its run.json and its log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.execution.log_end import last_lines
from aml_pipelines.execution.sweep.record import read_trials
from aml_pipelines.files import read_json
from aml_pipelines.locks import holder_of
from aml_pipelines.pipeline.node_names import possible_nodes
from aml_pipelines.workspace.http.fields import mapping
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.sweep.record import TrialRecord
    from aml_pipelines.workspace.jobs.store import Jobs, SubmittedJob

_TRIAL = "trial"


# Three sources, because three processes know: the workspace writes the job's row, the job's process
# writes run.json, and the holder of the lake writes its lock.
@dataclass(frozen=True)
class NodeView:
    """The state of a node, or of a trial of one, which is a job of its own below `parent`."""

    name: str
    kind: str
    status: str
    seconds: float
    is_reused: bool
    outputs: Mapping[str, str]
    error: str
    log: Path | None
    parent: str
    properties: Mapping[str, str]
    tags: Mapping[str, str]


def status_of(job: SubmittedJob, state: Path) -> str:
    """Return a job's status, by Azure's names."""
    if job.is_final or job.state == "Queued":
        return job.state
    if job.is_cancelled:
        return "CancelRequested"
    if not _run(job, state):
        return "Queued" if _waits_for_the_lake(job, state) else "Preparing"
    return "Running"


def nodes_of(job: SubmittedJob, state: Path) -> list[NodeView]:
    """Return the nodes of a job, in an order in which they may run."""
    recorded = mapping(_run(job, state).get("nodes"))
    # The rounds of loops become known in the run.
    rounds = {name: str(mapping(node).get("type")) for name, node in recorded.items()}
    return [
        _node(job, name, kind, mapping(recorded.get(name)))
        for name, kind in {**job.graph.nodes, **rounds}.items()
    ]


def trials_of(job: SubmittedJob, state: Path) -> list[NodeView]:
    """Return the trials of all sweeps of a job, each named after its node and its number."""
    runs = StateFolder(state).runs / job.name
    nodes = [node.name for node in nodes_of(job, state)]
    return [_trial(job, trial) for node in nodes for trial in read_trials(runs / node)]


def find_child(jobs: Jobs, name: str, state: Path) -> tuple[SubmittedJob, NodeView] | None:
    """Find the node or trial of which `name` is the job, and the job that it is of."""
    parent = jobs.parent_of(name)
    if parent:
        (node,) = [item for item in nodes_of(parent[0], state) if item.name == parent[1]]
        return parent[0], node
    for job_name, rest in possible_nodes(name):
        job = jobs.find(job_name)
        if job is None:
            continue
        nodes = nodes_of(job, state) if job.kind == "Pipeline" else []
        for child in (*nodes, *trials_of(job, state)):
            if child.name == rest:
                return job, child
    return None


def outputs_of(job: SubmittedJob, state: Path) -> dict[str, str]:
    """Return the paths of the outputs that a job has made so far."""
    nodes = {node.name: node for node in nodes_of(job, state) if node.status == "Completed"}
    return {
        name: nodes[node].outputs[output]
        for name, (node, output) in job.graph.outputs.items()
        if node in nodes and output in nodes[node].outputs
    }


def log_of(job: SubmittedJob, state: Path) -> Path:
    """Return the log of a job's own process."""
    return StateFolder(state).job_log(job.name)


def failure_of(job: SubmittedJob, state: Path, code: int) -> str:
    """Return why a job failed: its failed nodes with the ends of their logs, or its own log's."""
    failed = [node for node in nodes_of(job, state) if node.status == "Failed"]
    messages = [_failure(node) for node in failed if node.error]
    if messages:
        return "\n".join(messages)
    lines = "\n".join(last_lines(log_of(job, state)))
    return lines or f"the job's process ended with exit code {code}"


def _failure(node: NodeView) -> str:
    lines = last_lines(node.log) if node.log else []
    end = "".join(f"\n    {line}" for line in lines)
    return f"node {node.name!r} {node.error}; the end of its log:{end}"


def _node(job: SubmittedJob, name: str, kind: str, recorded: Mapping[str, object]) -> NodeView:
    log = recorded.get("log")
    return NodeView(
        name=name,
        kind=kind,
        status=_node_status(job, str(recorded.get("status", "NotStarted")), recorded),
        seconds=float(str(recorded.get("seconds", 0.0))),
        is_reused=bool(recorded.get("reused", False)),
        outputs={key: str(value) for key, value in mapping(recorded.get("outputs")).items()},
        error=str(recorded.get("error") or ""),
        log=Path(str(log)) if log else None,
        parent=job.name,
        properties={key: str(value) for key, value in mapping(recorded.get("properties")).items()},
        tags={},
    )


def _trial(job: SubmittedJob, trial: TrialRecord) -> NodeView:
    return NodeView(
        name=trial.name.removeprefix(f"{job.name}_"),
        kind=_TRIAL,
        # The process that would have told its end may have been killed.
        status="Canceled" if job.is_final and trial.status == "Running" else trial.status,
        seconds=trial.seconds,
        is_reused=False,
        outputs=trial.outputs,
        error=trial.error if trial.status == "Failed" else "",
        log=Path(trial.log),
        parent=trial.name.rpartition("_")[0],
        properties={},
        tags={"hyperparameters": json.dumps(dict(trial.values))},
    )


def _node_status(job: SubmittedJob, status: str, recorded: Mapping[str, object]) -> str:
    is_unfinished = status in ("NotStarted", "Running", "Skipped")
    was_ended = status == "Failed" and not recorded.get("error")
    if status == "Skipped" and job.state == "Completed":
        return "NotStarted"  # its branch was not taken
    if job.is_final and (is_unfinished or was_ended):
        return "Failed" if status == "Running" and job.state == "Failed" else "Canceled"
    return "NotStarted" if status == "Skipped" else status


def _run(job: SubmittedJob, state: Path) -> Mapping[str, object]:
    file = StateFolder(state).run_record(job.name)
    return read_json(file) if file.is_file() else {}


def _waits_for_the_lake(job: SubmittedJob, state: Path) -> bool:
    holder = holder_of(StateFolder(state).lock)
    return bool(holder) and holder.get("job") != job.name
