"""Where the outputs of jobs and of their nodes are, for those that name them by their job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NotFoundError, RefusedError
from aml_pipelines.pipeline.references import (
    ARTIFACT_STORE,
    LAKE,
    DatastorePath,
    JobOutput,
    artifact_folder,
    parse,
)
from aml_pipelines.workspace.jobs.status import nodes_of, outputs_of
from aml_pipelines.workspace.state import StateFolder

if TYPE_CHECKING:
    from aml_pipelines.workspace.jobs.store import Jobs

# The output that every job has: what it wrote to `./outputs`, and its logs.
ARTIFACTS = ("artifacts", "default")


class JobOutputs:
    """The outputs of the jobs in the workspace with the folder `state`."""

    def __init__(self, state: Path, jobs: Jobs) -> None:
        self._state = StateFolder(state)
        self._jobs = jobs

    def resolved(self, uri: str) -> str:
        """Return the path in a datastore where a job's output is; any other URI as it is.

        Raises RefusedError for an output that has not been made.
        """
        reference = parse(uri)
        return str(self._place(reference)) if isinstance(reference, JobOutput) else uri

    def _place(self, reference: JobOutput) -> DatastorePath:
        made = self._made_by(reference.job)
        if reference.output in made:
            place = _in_lake(Path(made[reference.output]), self._state.root)
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
            raise RefusedError(f"job {name!r} does not exist in this workspace")
        (node,) = [n for n in nodes_of(parent[0], self._state.root) if n.name == parent[1]]
        return dict(node.outputs) if node.status == "Completed" else {}


def _in_lake(made: Path, lake: Path) -> DatastorePath:
    if not made.is_relative_to(lake):
        raise NotFoundError(f"{str(made)!r} is not in the lake {str(lake)!r}")
    return DatastorePath(LAKE, made.relative_to(lake).as_posix())
