"""Watches a job to its end: its nodes as they begin and end, and the logs of failures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aml_pipelines.azure.client import explained
from aml_pipelines.console import live_or_lines, say

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Job

    from aml_pipelines.console import Progress
    from conf.target import Target

COMPLETED = "Completed"
ENDED = (COMPLETED, "Failed", "Canceled", "NotResponding")
_IDLE = ("NotStarted", "Queued", "Preparing", "Provisioning", "Starting")
_POLL_SECONDS = {True: 0.5, False: 10.0}  # by whether the workspace is on this machine


def follow(client: MLClient, target: Target, name: str) -> bool:
    """Show the nodes of a job until it ends; return whether it completed.

    Raises CommandFailedError when the workspace cannot be asked; the job goes on without it.
    """
    watched = Watched()
    words = f"{name} --target {target.option}"
    goes_on = f"the job goes on: python -m aml_pipelines status {words}"
    with explained(target, f"watch {name}", again=goes_on), live_or_lines() as progress:
        while True:
            status = status_of(client.jobs.get(name))
            watched.see(list(client.jobs.list(parent_job_name=name)), progress)
            if status in ENDED:
                break
            time.sleep(_POLL_SECONDS[target.is_local])
    say(f"{name}: {status.lower()}")
    if status != COMPLETED and not watched.failed:
        say(f"python -m aml_pipelines logs {words}")
    for node in watched.failed:
        say(f"python -m aml_pipelines logs --node {node} {words}")
    return status == COMPLETED


class Watched:
    """The nodes of a job that were shown already."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._ended: set[str] = set()
        self.failed: list[str] = []

    def see(self, nodes: list[Job], progress: Progress) -> None:
        """Report nodes that began or ended since the last call to `progress`."""
        for job in nodes:
            node, status = node_name(job), status_of(job)
            if node not in self._began and status not in _IDLE:
                self._began[node] = time.monotonic()
                progress.began(node)
            if status in ENDED and node not in self._ended:
                self._ended.add(node)
                seconds = time.monotonic() - self._began[node]
                progress.ended(node, status, seconds, reused=is_reused(job))
                if status != COMPLETED:
                    self.failed.append(node)


def status_of(job: Job) -> str:
    """Return a job's status as text; the SDK gives some as an enum of its own."""
    return str(getattr(job.status, "value", job.status))


def node_name(job: Job) -> str:
    """Return the name of the pipeline's node that a job is."""
    return str(job.display_name or job.name)


def is_reused(job: Job) -> bool:
    return (job.properties or {}).get("azureml.isreused") == "true"
