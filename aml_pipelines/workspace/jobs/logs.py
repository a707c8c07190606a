"""Copies a job's logs to where Azure keeps them: the artifact store, by Azure's names."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aml_pipelines.execution.distributed import other_logs
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.workspace.jobs.status import log_of, nodes_of, trials_of
from aml_pipelines.workspace.jobs.translate import single_node
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.jobs.store import SubmittedJob

PIPELINE_LOG = "logs/azureml/executionlogs.txt"
NODE_LOG = "user_logs/std_log.txt"


def keep_logs(job: SubmittedJob, state: Path) -> None:
    """Copy the logs of a job that has ended, and of its nodes, into the artifact store."""
    single = single_node(job.properties)
    logs = {} if single else {_artifact(state, job.name, PIPELINE_LOG): log_of(job, state)}
    for node in nodes_of(job, state):
        run = job.name if single else run_of_node(job.name, node.name)
        if node.log:
            logs[_artifact(state, run, NODE_LOG)] = node.log
            logs |= {_artifact(state, run, rank_log(log)): log for log in other_logs(node.log)}
    for trial in trials_of(job, state):
        if trial.log:
            logs[_artifact(state, run_of_node(job.name, trial.name), NODE_LOG)] = trial.log
    for copy, log in logs.items():
        if log.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, copy)


def rank_log(log: Path) -> str:
    """Return Azure's name for the log of a further process of a distributed node."""
    return f"user_logs/{log.name}"


def _artifact(state: Path, run: str, name: str) -> Path:
    return StateFolder(state).artifacts(run) / name
