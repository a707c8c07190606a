"""Where the outputs of jobs and of their nodes are, for those that name them by their job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.job_outputs import ARTIFACTS, artifact_folder, made_outputs
from aml_pipelines.pipeline.references import (
    ARTIFACT_STORE,
    DatastorePath,
    JobOutput,
    parse,
)
from aml_pipelines.workspace.jobs.status import nodes_of, outputs_of
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.addresses import datastore_path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.workspace.jobs.store import Jobs


class JobOutputs:
    """The outputs of the jobs in the workspace with the folder `state`."""

    def __init__(self, state: Path, jobs: Jobs, mapped: Mapping[str, str]) -> None:
        self._state = StateFolder(state)
        self._jobs = jobs
        self._mapped = mapped

    def resolved(self, uri: str) -> str:
        """Return the path in a datastore where a job's output is; any other URI as it is.

        Raises RefusedError for an output that has not been made.
        """
        reference = parse(uri)
        return str(self._place(reference)) if isinstance(reference, JobOutput) else uri

    def _place(self, reference: JobOutput) -> DatastorePath:
        made = self._made_by(reference.job)
        if reference.output in made:
            made_at = Path(made[reference.output])
            place = datastore_path_of(made_at, self._state.root, self._mapped)
        elif reference.output in ARTIFACTS:
            place = DatastorePath(ARTIFACT_STORE, artifact_folder(reference.job))
        else:
            raise RefusedError(
                f"job {reference.job!r} has not made an output {reference.output!r}; "
                f"it has made {sorted([*made, ARTIFACTS[0]])}"
            )
        inside = f"{place.path}/{reference.path}" if reference.path else place.path
        return DatastorePath(place.datastore, inside.rstrip("/"))

    def _made_by(self, name: str) -> dict[str, str]:
        job = self._jobs.find(name)
        if job:
            return outputs_of(job, self._state.root)
        parent = self._jobs.parent_of(name)
        if not parent:
            of_run = made_outputs(self._state.runs, name)
            if of_run is None:
                raise RefusedError(f"job {name!r} does not exist in this workspace")
            return of_run
        (node,) = [n for n in nodes_of(parent[0], self._state.root) if n.name == parent[1]]
        return dict(node.outputs) if node.status == "Completed" else {}
