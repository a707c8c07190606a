"""Which jobs of a graph wait for which: for data, for branches, and for the rounds of loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import DoWhile, IfElse, ParallelFor
from aml_pipelines.pipeline.expressions import references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.scope import Scope
    from aml_pipelines.pipeline.spec import Job


def needs_of(scope: Scope, problems: Problems) -> dict[str, list[str]]:
    """Return the jobs that each job waits for; the bodies of loops are their loops.

    Reports blocks and bodies that are no jobs, and leaves out loops without a body.
    """
    jobs = scope.graph.jobs or {}
    bodies = _bodies(scope, problems)
    needs: dict[str, list[str]] = {}
    for name, job in jobs.items():
        own, needed = job.component.own, list(_bound(job))
        if name in bodies:
            continue
        if isinstance(own, DoWhile | ParallelFor):
            if bodies.get(own.body) != name:
                continue
            needed += _bound(jobs[own.body])
        # A loop's own rounds are no job that it waits for.
        needs[name] = [other for item in needed if (other := bodies.get(item, item)) != name]
    for name, job in jobs.items():
        if isinstance(job.component.own, IfElse):
            for member in _members(scope, name, job.component.own, bodies, problems):
                needs.get(member, []).append(name)
    return needs


def _bodies(scope: Scope, problems: Problems) -> dict[str, str]:
    """Map the bodies of loops to their loops."""
    jobs = scope.graph.jobs or {}
    bodies: dict[str, str] = {}
    for name, job in jobs.items():
        own = job.component.own
        if not isinstance(own, DoWhile | ParallelFor) or not own.body:
            continue
        body = jobs.get(own.body)
        if body is None and own.body in scope.graph.unread_jobs:
            continue
        if body is None:
            problems.add(
                job.place,
                f"the body of {name!r} is no job; the jobs are {', '.join(scope.names('jobs'))}",
            )
        elif isinstance(body.component.own, DoWhile | IfElse | ParallelFor):
            problems.add(job.place, f"the body of {name!r} is {own.body!r}, which runs no code")
        elif own.body in bodies:
            problems.add(job.place, f"{own.body!r} is the body of {bodies[own.body]!r} already")
        else:
            bodies[own.body] = name
    return bodies


def _members(
    scope: Scope, name: str, own: IfElse, bodies: Mapping[str, str], problems: Problems
) -> Iterator[str]:
    jobs = scope.graph.jobs or {}
    for member, when in [(item, True) for item in own.on_true] + [
        (item, False) for item in own.on_false
    ]:
        if member in scope.graph.unread_jobs:
            continue
        if member in bodies:
            problems.add(
                jobs[name].place,
                f"a block of {name!r} has {member!r}, the body of {bodies[member]!r}; "
                "name that loop",
            )
        elif member not in jobs or member == name:
            problems.add(
                jobs[name].place,
                f"a block of {name!r} has {member!r}, which is no other job; "
                f"the jobs are {', '.join(scope.names('jobs'))}",
            )
        else:
            scope.guards.setdefault(member, {})[name] = when
            yield member


def _bound(job: Job) -> Iterator[str]:
    """Yield the jobs whose outputs a job is bound to."""
    texts = [setting.value for setting in job.inputs.values()]
    own = job.component.own
    if isinstance(own, IfElse):
        texts.append(own.condition.value)
    if isinstance(own, ParallelFor) and own.items is not None:
        texts.append(str(own.items.plain()))
    for reference in (ref for text in texts for ref in references(str(text))):
        if reference.parts[:2] == ("parent", "jobs"):
            yield reference.parts[2]
