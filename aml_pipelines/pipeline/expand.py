"""Flattens the graphs of a pipeline into nodes, and follows every binding to its source."""

from __future__ import annotations

import dataclasses
from graphlib import CycleError
from typing import TYPE_CHECKING, Any

from aml_pipelines.pipeline.bind import Binder
from aml_pipelines.pipeline.checks import check_node, check_template
from aml_pipelines.pipeline.control.dispatch import expand_control
from aml_pipelines.pipeline.control.order import needs_of
from aml_pipelines.pipeline.data_checks import UnknownReferenceError
from aml_pipelines.pipeline.expressions import Reference, references, whole_reference
from aml_pipelines.pipeline.find_data import taken
from aml_pipelines.pipeline.order import circle_of, in_order
from aml_pipelines.pipeline.plan import Flow, PlannedNode, PlannedOutput, Turn
from aml_pipelines.pipeline.problems import Problems
from aml_pipelines.pipeline.scope import Scope, follow, outer_setting, report_unknown
from aml_pipelines.pipeline.spec import InputPort, Job, Pipeline, Setting
from aml_pipelines.pipeline.values import (
    BoundInput,
    Produced,
    Unresolved,
    Value,
    mismatch,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.spec import NewAsset

NO_FLOW = Flow()
_SERVER_SIDE = ("name", "output_name", "default_datastore")


class Expansion:
    """The nodes of a plan so far, and the problems met on the way."""

    def __init__(self, locations: Locations, problems: Problems) -> None:
        self.locations = locations
        self.binder = Binder(locations, problems)
        self.problems = problems
        self.nodes: dict[str, PlannedNode] = {}
        self.templates: dict[str, PlannedNode] = {}

    def fresh(self) -> Expansion:
        """Return an expansion of the same pipeline without nodes or problems."""
        return Expansion(self.locations, Problems())

    def expand_pipeline(
        self, pipeline: Pipeline, inputs: Mapping[str, Value | None]
    ) -> Mapping[str, Produced]:
        """Expand a pipeline's graph, after checking the values of its inputs.

        Returns, for each output of the pipeline, the output of a node that it is.
        """
        for name, value in inputs.items():
            port = pipeline.graph.inputs[name]
            wrong = mismatch(port, value) if value is not None and port.is_declared else ""
            if wrong:
                self.problems.add(port.place, f"pipeline input {name!r} {wrong}")
        scope = Scope(
            "",
            pipeline.graph,
            inputs,
            pipeline.outputs,
            {},
            {},
            run_name=self.locations.run_id,
            modes={name: port.mode for name, port in pipeline.graph.inputs.items()},
        )
        self._expand(scope)
        return scope.outputs

    def input_value(self, setting: Setting) -> Value | None:
        """Return the value of a pipeline's input, which may have no expression."""
        if references(str(setting.value)):
            self.problems.add(
                setting.place, f"{setting.value!r} has an expression, which no pipeline input may"
            )
            return Unresolved()
        return self.binder.plain_value(setting)

    def input_data(self, path: float | str, port: InputPort) -> Value | None:
        """Return the data at a `path` that replaces the one in the file."""
        return self.binder.plain_value(Setting(path, port.place, is_path=True, type=port.type))

    def _expand(self, scope: Scope) -> None:
        jobs = scope.graph.jobs or {}
        try:
            order = in_order(needs_of(scope, self.problems))
        except CycleError as error:
            circle = circle_of(error, jobs)
            self.problems.add(jobs[circle[0]].place, f"jobs need each other: {' → '.join(circle)}")
            return
        for name in order:
            before = set(self.nodes)
            if not expand_control(self, scope, jobs[name]):
                self.bind_outputs(scope, jobs[name], self.expand_job(scope, jobs[name]))
            self._guard(self.nodes.keys() - before, scope, name)
        for name, port in scope.graph.outputs.items():
            # A job that was reported and left out may be the one that makes it.
            if name in scope.outputs or scope.graph.unread_jobs:
                continue
            self.problems.note(
                port.place,
                f"output {name!r} is bound to no job; write {name}: ${{{{parent.outputs.{name}}}}} "
                "under the outputs of the job that makes it",
            )

    def expand_job(self, scope: Scope, job: Job, flow: Flow = NO_FLOW) -> dict[str, Produced]:
        """Add the nodes of a job; return, for each of its outputs, the output that it is."""
        name = f"{scope.prefix}{job.name}"
        like = f"{scope.like_prefix}{job.like or job.name}"
        inputs = self.binder.inputs(scope, job)
        destinations = self._destinations(scope, job)
        # A graph becomes no node: its jobs get its name as a prefix, as in Azure.
        if job.component.jobs is not None:
            values = {key: bound.value for key, bound in inputs.items()}
            inner = Scope(
                f"{name}.",
                job.component,
                values,
                destinations,
                {},
                {},
                run_name=scope.run_name,
                modes={key: bound.mode for key, bound in inputs.items()},
                like_prefix=f"{like}.",
            )
            self._expand(inner)
            made = inner.outputs
        else:
            self._add_node(name, job, inputs, destinations, dataclasses.replace(flow, like=like))
            outputs = self.nodes[name].outputs
            made = {
                key: Produced(outputs[key].type if key in outputs else port.type, name, key)
                for key, port in job.component.outputs.items()
            }
        scope.jobs[job.name] = made
        return made

    def bind_outputs(self, scope: Scope, job: Job, made: Mapping[str, Produced]) -> None:
        """Make the outputs of a job those of its graph that it names."""
        for key, setting in job.outputs.items():
            target = whole_reference(setting.value)
            if target and target.parts[:2] == ("parent", "outputs") and key in made:
                scope.outputs[target.parts[-1]] = made[key]

    def add_turn(self, names: Iterable[str], turn: Turn) -> None:
        """Let nodes be of a round of a loop."""
        for name in names:
            turns = (*self.nodes[name].flow.turns, turn)
            self._change_flow(name, turns=turns)

    def _guard(self, names: Iterable[str], scope: Scope, job: str) -> None:
        guards = {f"{scope.prefix}{key}": when for key, when in scope.guards.get(job, {}).items()}
        for name in names if guards else ():
            self._change_flow(name, guards={**self.nodes[name].flow.guards, **guards})

    def _change_flow(self, name: str, **changes: Any) -> None:  # noqa: ANN401 # dataclass's fields
        flow = dataclasses.replace(self.nodes[name].flow, **changes)
        self.nodes[name] = dataclasses.replace(self.nodes[name], flow=flow)

    def _destinations(self, scope: Scope, job: Job) -> dict[str, Setting]:
        ports = job.component.outputs
        destinations = {}
        for name, setting in job.outputs.items():
            reference = whole_reference(setting.value)
            if name not in ports:
                self.problems.add(
                    setting.place,
                    f"job {job.name!r} has no output {name!r}; it has {', '.join(ports) or 'none'}",
                )
            # Azure resolves these names when the job runs, and so does `Locations.output`.
            elif reference is None or reference.path in _SERVER_SIDE:
                destinations[name] = setting
            elif reference.parts[:2] != ("parent", "outputs"):
                follow(scope, Reference("outputs"), setting.place, self.problems)
            elif reference.parts[-1] in scope.graph.outputs:
                destinations[name] = outer_setting(scope, reference, setting)
            else:
                report_unknown(
                    self.problems, setting.place, reference, "outputs", scope.names("outputs")
                )
        return destinations

    def _add_node(
        self,
        name: str,
        job: Job,
        inputs: Mapping[str, BoundInput],
        destinations: Mapping[str, Setting],
        flow: Flow,
    ) -> None:
        outputs = {}
        for key, port in job.component.outputs.items():
            setting = destinations.get(key, Setting(None, job.place))
            template = "" if setting.value is None else str(setting.value)
            try:
                location = self.locations.output(name, key, template)
            except UnknownReferenceError as problem:
                self.problems.add(setting.place, str(problem))
                continue
            kind = port.type if port.is_declared else setting.type or port.type
            asset = self._new_asset(job, key, setting, kind, location)
            mode = setting.mode or port.mode
            outputs[key] = PlannedOutput(key, kind, mode, location, asset, template)
        node = PlannedNode(
            name=name,
            run_name=self.locations.run_name(name),
            component=job.component,
            inputs=inputs,
            outputs=outputs,
            environment_variables=job.environment_variables,
            timeout=job.timeout,
            place=job.place,
            tags=job.tags,
            display_name=job.display_name or name,
            flow=flow,
        )
        check_template(job.component, self.problems)
        check_node(node, self.problems)
        self.nodes[name] = node

    def _new_asset(
        self, job: Job, output: str, setting: Setting, kind: str, location: str
    ) -> NewAsset | None:
        own = job.outputs.get(output, setting)
        named = own if own.asset else setting
        if named.asset:
            self.check_new_asset(named, kind, location)
        return named.asset

    def check_new_asset(self, setting: Setting, kind: str, location: str) -> None:
        """Report an output whose asset exists already, at another place or of another type."""
        wrong = taken(self.locations, setting.asset, kind, location) if setting.asset else ""
        if wrong:
            self.problems.add(setting.place, wrong)
