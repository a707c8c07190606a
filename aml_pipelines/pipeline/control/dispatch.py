"""Adds the nodes of branches and loops, each in its way."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import DoWhile, IfElse, ParallelFor
from aml_pipelines.pipeline.control.gather import GatherPlan
from aml_pipelines.pipeline.control.planned import CONDITION
from aml_pipelines.pipeline.control.rounds import RoundsPlan
from aml_pipelines.pipeline.spec import InputPort, Job

if TYPE_CHECKING:
    from aml_pipelines.pipeline.expand import Expansion
    from aml_pipelines.pipeline.scope import Scope


def expand_control(expansion: Expansion, scope: Scope, job: Job) -> bool:
    """Add the nodes of a branch or a loop; return False for any other job."""
    own, jobs = job.component.own, scope.graph.jobs or {}
    if isinstance(own, DoWhile):
        RoundsPlan(scope, job, own, jobs[own.body]).expand(expansion)
    elif isinstance(own, ParallelFor):
        GatherPlan(scope, job, own, jobs[own.body]).expand(expansion)
    elif isinstance(own, IfElse):
        port = InputPort(CONDITION, "boolean", own.condition.place)
        component = dataclasses.replace(job.component, inputs={CONDITION: port})
        inputs = {CONDITION: own.condition}
        expansion.expand_job(scope, dataclasses.replace(job, component=component, inputs=inputs))
    else:
        return False
    return True
