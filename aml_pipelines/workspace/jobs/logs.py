"""A job's logs where Azure keeps them: in the artifact store, by the names it gives them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.references import ARTIFACT_STORE, FOLDERS
from aml_pipelines.workspace.jobs.status import log_of, nodes_of
from aml_pipelines.workspace.jobs.translate import single_node

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.jobs.store import Job

PIPELINE_LOG = "logs/azureml/executionlogs.txt"
NODE_LOG = "user_logs/std_log.txt"


def artifact_folder(run: str) -> str:
    """Name the folder of a run, a job's or a node's, in the artifact store."""
    return f"ExperimentRun/dcid.{run}"


def keep_logs(job: Job, lake: Path) -> None:
    """Copy the logs of a job that has ended, and of its nodes, into the artifact store."""
    single = single_node(job.properties)
    logs = {} if single else {_kept(lake, job.name, PIPELINE_LOG): log_of(job, lake)}
    for node in nodes_of(job, lake):
        run = job.name if single else f"{job.name}_{node.name}"
        if node.log:
            logs[_kept(lake, run, NODE_LOG)] = node.log
    for kept, log in logs.items():
        if log.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, kept)


def _kept(lake: Path, run: str, name: str) -> Path:
    return lake / FOLDERS[ARTIFACT_STORE] / artifact_folder(run) / name
