"""What the nodes of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.execution.evictions import Evictions
from aml_pipelines.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aml_pipelines.execution.environments.build import BuiltEnvironment
    from aml_pipelines.execution.jvm.warm import WarmJvm
    from aml_pipelines.execution.registration import NamedOutput
    from aml_pipelines.execution.selection import Selection
    from aml_pipelines.execution.tracking import Tracking
    from aml_pipelines.pipeline.lake import OpenLake
    from aml_pipelines.pipeline.plan import Plan, PlannedNode


@dataclass(frozen=True)
class RunContext:
    """One run: its plan, which of its nodes run, and what they reach.

    `job_environment` are the variables by which jobs find their workspace, `await_workspace`
    returns when it answers, `environments` has what each node runs with, by its name, `register`
    registers a named output and returns its version, and `reuses` is False where no earlier outputs
    may be taken at all.
    `evictions` are those that are planned for its nodes.
    Processes that run `in_foreground` have the terminal instead of a log, for a debugger.
    """

    plan: Plan
    selection: Selection
    target: str
    master: str
    lake: OpenLake
    jvm: WarmJvm | None
    job_environment: Mapping[str, str]
    await_workspace: Callable[[], None]
    tracking: Tracking
    environments: Mapping[str, BuiltEnvironment]
    register: Callable[[NamedOutput], str]
    reuses: bool = True
    in_foreground: bool = False
    processes: Processes = field(default_factory=Processes)
    evictions: Evictions = field(default_factory=Evictions)

    @property
    def runs(self) -> Path:
        return self.plan.locations.runs

    @property
    def state(self) -> Path:
        return self.runs.parent

    @property
    def run_id(self) -> str:
        return self.plan.locations.run_id

    def folder(self, node: PlannedNode) -> Path:
        """Return the folder of a node in this run: its snapshot, log and outputs."""
        return self.plan.locations.node_folder(node.name)

    def environment_of(self, node: PlannedNode) -> BuiltEnvironment:
        """Return what a node runs with: a further round of a loop, what the first one has."""
        return self.environments[node.name if node.name in self.environments else node.flow.like]
