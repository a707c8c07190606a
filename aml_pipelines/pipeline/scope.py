"""The names that the expressions of one graph can refer to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.spec import Setting
from aml_pipelines.pipeline.values import Constant, Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.expressions import Reference
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import Component
    from aml_pipelines.pipeline.values import Produced, Value
    from conf.yaml_lines import Place


@dataclass(frozen=True)
class Scope:
    """The inputs, outputs and jobs that the expressions of one graph can refer to."""

    prefix: str
    graph: Component
    inputs: Mapping[str, Value | None]
    destinations: Mapping[str, Setting]
    jobs: dict[str, dict[str, Produced]]
    outputs: dict[str, Produced]
    run_name: str = ""
    modes: Mapping[str, str] = field(default_factory=dict)
    like_prefix: str = ""  # the prefix in the first round of the loops around it
    # For jobs in the blocks of if_else nodes: when these nodes let them run.
    guards: dict[str, dict[str, bool]] = field(default_factory=dict)

    def names(self, kind: str, job: str = "") -> list[str]:
        if kind == "jobs":
            return [*(self.graph.jobs or {}), *self.graph.unread_jobs]
        if kind == "inputs":
            return list(self.graph.inputs)
        if not job:
            return list(self.graph.outputs)
        return list(self.jobs.get(job, (self.graph.jobs or {})[job].component.outputs))


def follow(scope: Scope, reference: Reference, place: Place, problems: Problems) -> Value | None:
    """Return the value that a binding refers to, or report the names there are."""
    match reference.parts:
        case ("parent", "inputs", *words):
            # Inputs of a parameter group have names with points.
            name = ".".join(words)
            if name in scope.graph.inputs:
                return scope.inputs.get(name)
            report_unknown(problems, place, reference, "inputs", scope.names("inputs"))
        case ("parent", "name"):
            return Constant(scope.run_name)
        case ("parent", "jobs", job, "outputs", output):
            # First, for rounds of loops are made of jobs and are none of the file's.
            if output in scope.jobs.get(job, {}):
                return scope.jobs[job][output]
            if job in scope.graph.unread_jobs:
                return Unresolved()
            if job not in (scope.graph.jobs or {}):
                report_unknown(problems, place, reference, "jobs", scope.names("jobs"))
            else:
                names = scope.names("outputs", job)
                report_unknown(problems, place, reference, f"outputs of job {job!r}", names)
        case _:
            problems.add(
                place,
                f"${{{{{reference.path}}}}} is no binding; write ${{{{parent.inputs.NAME}}}} "
                "or ${{parent.jobs.JOB.outputs.NAME}}",
            )
    return Unresolved()


def report_unknown(
    problems: Problems, place: Place, reference: Reference, kind: str, known: list[str]
) -> None:
    """Report a reference to nothing, with the names there are."""
    problems.add(
        place,
        f"${{{{{reference.path}}}}} does not exist; the {kind} are {', '.join(known) or 'none'}",
    )


def outer_setting(scope: Scope, reference: Reference, setting: Setting) -> Setting:
    """Return where and how an output is written that is one of the graph's own."""
    outer = scope.graph.outputs[reference.parts[-1]]
    destination = scope.destinations.get(outer.name, Setting(None, setting.place))
    mode = setting.mode or destination.mode or outer.mode
    # What a pipeline's own output becomes is registered when the pipeline has completed.
    asset = destination.asset if scope.prefix else None
    return dataclasses.replace(
        destination, mode=mode, type=destination.type or outer.type, asset=asset
    )
