"""Submits jobs: freezes their assets, writes their pipelines, plans them, and queues them."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import ConflictError, NotFoundError, PipelineError, RefusedError
from aml_pipelines.execution.touched import touched_by
from aml_pipelines.pipeline.environments.choose import choose_environments
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.jobs.batch_policy import job_policy
from aml_pipelines.workspace.jobs.changes import MAY_CHANGE, differing
from aml_pipelines.workspace.jobs.component_files import component_finder
from aml_pipelines.workspace.jobs.freeze import Named, freeze
from aml_pipelines.workspace.jobs.outputs import JobOutputs
from aml_pipelines.workspace.jobs.places import name_places
from aml_pipelines.workspace.jobs.store import Graph, Jobs, SubmittedJob
from aml_pipelines.workspace.jobs.translate import (
    pipeline_documents,
    single_node,
    write_documents,
)
from aml_pipelines.workspace.state import StateFolder
from aml_pipelines.workspace.store.addresses import addresses_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aml_pipelines.pipeline.addresses import Addresses
    from aml_pipelines.pipeline.environments.choose import Policy
    from aml_pipelines.pipeline.plan import Plan
    from aml_pipelines.workspace.assets.code import Sources
    from aml_pipelines.workspace.assets.components import Components
    from aml_pipelines.workspace.assets.registry import Registry


class Submissions:
    """Puts jobs into the queue of the workspace with the folder `state`."""

    def __init__(
        self,
        state: Path,
        jobs: Jobs,
        *,
        registry: Registry,
        components: Components,
        sources: Sources,
        wake: Callable[[], None],
        policy: Policy,
        mapped: Mapping[str, str],
    ) -> None:
        self._state = state
        self._jobs = jobs
        self._registry = registry
        self._sources = sources
        self._named = Named(registry, components, JobOutputs(state, jobs, mapped))
        self._wake = wake
        self._policy = policy
        self._mapped = mapped
        # Two requests for one name would write one folder: the job's row comes after its files.
        self._submitting = threading.Lock()

    def submit(
        self, name: str, properties: Mapping[str, object], *, schedule: str = ""
    ) -> tuple[SubmittedJob, bool]:
        """Submit a job, or update what may change of it; returns (job, is_new).

        Raises RefusedError for a body that cannot be run, and ConflictError when there is
        another job of that name.
        """
        with self._submitting:
            stored = self._jobs.find(name)
            if stored:
                return self._update(stored, properties), False
            if StateFolder(self._state).run_record(name).is_file():
                raise ConflictError(
                    f"there are outputs of an earlier run {name!r}, and no job; "
                    "give the job another name"
                )
            frozen = self.frozen(properties)
            folder = self._jobs.folder(name)
            plan = self._plan(name, frozen, folder)
            graph = _graph(plan, self._state)
            job = self._jobs.submit(name, frozen, graph, schedule=schedule)
        self._wake()
        return job, True

    def check(self, properties: Mapping[str, object]) -> dict[str, object]:
        """Return a body as it would be submitted; raises RefusedError if it cannot be run."""
        frozen = self.frozen(properties)
        with tempfile.TemporaryDirectory() as folder:
            self._plan("check", frozen, Path(folder) / "check")
        return frozen

    def frozen(self, properties: Mapping[str, object]) -> dict[str, object]:
        """Resolve the labels of a body's assets; raises RefusedError for an unknown asset."""
        try:
            return freeze(properties, self._named)
        except NotFoundError as error:
            raise RefusedError(str(error)) from error

    def _update(self, stored: SubmittedJob, properties: Mapping[str, object]) -> SubmittedJob:
        changed = differing(stored.name, stored.properties, self.frozen(properties))
        if changed:
            raise ConflictError(
                f"job {stored.name!r} exists already and cannot be changed: its {changed} differ; "
                f"only {', '.join(MAY_CHANGE)} may, so give another name"
            )
        changes = {name: properties[name] for name in MAY_CHANGE if name in properties}
        return self._jobs.edit(stored.name, changes)

    def _plan(self, name: str, properties: Mapping[str, object], folder: Path) -> Plan:
        try:
            documents = pipeline_documents(properties, self._sources)
            file = write_documents(documents, folder)
            is_single = bool(single_node(properties))
            addresses = addresses_in(self._state, self._mapped)
            plan = plan_job(
                self._state, self._registry, file, name, is_single=is_single, addresses=addresses
            )
            choose_environments(plan, job_policy(self._policy, properties))
        except (PipelineError, NotFoundError) as error:
            named = name_places(str(error), folder)
            shutil.rmtree(folder, ignore_errors=True)
            raise RefusedError(named) from error
        return plan


def plan_job(
    state: Path,
    registry: Registry,
    file: Path,
    name: str,
    *,
    is_single: bool,
    addresses: Addresses,
) -> Plan:
    """Plan the pipeline of the job `name`, with assets as they are registered now.

    Its inputs are those of the body: no target gives them other values.
    """
    runs = StateFolder(state).runs
    locations = Locations(
        FolderLake(state),
        runs,
        name,
        registry,
        is_single=is_single,
        find_component=component_finder(state, addresses),
        addresses=addresses,
    )
    return plan_pipeline(file, locations, overrides={}, target_inputs={})


def _graph(plan: Plan, state: Path) -> Graph:
    nodes = {name: node.component.kind for name, node in plan.nodes.items()}
    components = {name: node.component.name for name, node in plan.nodes.items()}
    return Graph(nodes, plan.job_outputs, components, touched_by(plan, state.resolve()))
