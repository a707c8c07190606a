"""Deletes a job that has ended: its record, its files and its artifacts, and never its outputs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError
from aml_pipelines.pipeline.node_names import run_of_node
from aml_pipelines.workspace.jobs.status import nodes_of, trials_of

if TYPE_CHECKING:
    from aml_pipelines.workspace.jobs.store import SubmittedJob
    from aml_pipelines.workspace.served import ServedWorkspace


def delete_job(workspace: ServedWorkspace, name: str) -> None:
    """Delete the job `name`, with its nodes' jobs and their runs in MLflow.

    What it has made stays, in the folder of its run: assets and other jobs may refer to it. Raises
    NotFoundError when there is no such job, and ConflictError when it has not ended.
    """
    job = workspace.jobs.job(name)
    if not job.is_final:
        raise ConflictError(f"job {name!r} is {job.state!r}; cancel it first")
    runs = _runs(workspace, job)
    workspace.tracking.hide(runs)
    for run in runs:
        shutil.rmtree(workspace.folder.artifacts(run), ignore_errors=True)
    shutil.rmtree(workspace.jobs.folder(name), ignore_errors=True)
    # The record comes last: until it is gone, the deletion can be repeated.
    workspace.jobs.delete(name)


def _runs(workspace: ServedWorkspace, job: SubmittedJob) -> list[str]:
    root = workspace.folder.root
    below = [*nodes_of(job, root), *trials_of(job, root)]
    return [job.name, *(run_of_node(job.name, child.name) for child in below)]
