"""Flattens the graphs of a pipeline into nodes, and follows every binding to its source."""

from __future__ import annotations

import dataclasses
from graphlib import CycleError
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.checks import check_node, check_template
from aml_pipelines.pipeline.expressions import Reference, references, whole_reference
from aml_pipelines.pipeline.locations import Locations, UnknownReferenceError
from aml_pipelines.pipeline.order import circle_of, in_order
from aml_pipelines.pipeline.plan import PlannedNode, PlannedOutput
from aml_pipelines.pipeline.scope import Scope, follow, report_unknown
from aml_pipelines.pipeline.spec import InputPort, Job, Pipeline, Setting
from aml_pipelines.pipeline.values import BoundInput, Constant, Produced, Value, mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.problems import Problems

_SERVER_SIDE = ("name", "output_name", "default_datastore")


class Expansion:
    """The nodes of a plan so far, and the problems met on the way."""

    def __init__(self, locations: Locations, problems: Problems) -> None:
        self.locations = locations
        self.problems = problems
        self.nodes: dict[str, PlannedNode] = {}

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
        scope = Scope("", pipeline.graph, inputs, pipeline.outputs, {}, {})
        self._expand(scope)
        return scope.outputs

    def input_value(self, setting: Setting) -> Value | None:
        """Return the value of a pipeline's input, which may have no expression."""
        if references(str(setting.value)):
            self.problems.add(
                setting.place, f"{setting.value!r} has an expression, which no pipeline input may"
            )
            return None
        return self._plain_value(setting)

    def input_data(self, path: float | str, port: InputPort) -> Value | None:
        """Return the data at a `path` that replaces the one in the file."""
        return self._plain_value(Setting(path, port.place, is_path=True, type=port.type))

    def _plain_value(self, setting: Setting) -> Value | None:
        if setting.value is None:
            return None
        if not setting.is_path:
            return Constant(setting.value, setting.type)
        try:
            return self.locations.data(setting)
        except UnknownReferenceError as problem:
            self.problems.add(setting.place, str(problem))
            return None

    def _expand(self, scope: Scope) -> None:
        jobs = scope.graph.jobs or {}
        try:
            order = in_order({name: _needs(job) for name, job in jobs.items()})
        except CycleError as error:
            circle = circle_of(error, jobs)
            self.problems.add(jobs[circle[0]].place, f"jobs need each other: {' → '.join(circle)}")
            return
        for name in order:
            self._expand_job(scope, jobs[name])
        for name, port in scope.graph.outputs.items():
            if name in scope.outputs:
                continue
            self.problems.add(
                port.place,
                f"output {name!r} is bound to no job; write {name}: ${{{{parent.outputs.{name}}}}} "
                "under the outputs of the job that makes it",
            )

    def _expand_job(self, scope: Scope, job: Job) -> None:
        name = f"{scope.prefix}{job.name}"
        inputs = self._bind_inputs(scope, job)
        destinations = self._destinations(scope, job)
        # A graph becomes no node: its jobs get its name as a prefix, as in Azure.
        if job.component.jobs is not None:
            values = {key: bound.value for key, bound in inputs.items()}
            inner = Scope(f"{name}.", job.component, values, destinations, {}, {})
            self._expand(inner)
            made = inner.outputs
        else:
            self._add_node(name, job, inputs, destinations)
            made = {
                key: Produced(port.type, name, key) for key, port in job.component.outputs.items()
            }
        scope.jobs[job.name] = made
        for key, setting in job.outputs.items():
            target = whole_reference(setting.value)
            if target and target.parts[:2] == ("parent", "outputs") and key in made:
                scope.outputs[target.parts[-1]] = made[key]

    def _bind_inputs(self, scope: Scope, job: Job) -> dict[str, BoundInput]:
        ports = job.component.inputs
        for name, setting in job.inputs.items():
            if name in ports:
                continue
            self.problems.add(
                setting.place,
                f"job {job.name!r} has no input {name!r}; it has {', '.join(ports) or 'none'}",
            )
        return {name: self._bind_input(scope, job, port) for name, port in ports.items()}

    def _bind_input(self, scope: Scope, job: Job, port: InputPort) -> BoundInput:
        setting = job.inputs.get(port.name)
        place = setting.place if setting else job.place
        # A lacking value that follows from an unknown reference is no second problem.
        count = len(self.problems.found)
        value = self._value(scope, setting) if setting else None
        if value is None and port.default is not None:
            value = Constant(port.default)
        is_new_problem = len(self.problems.found) > count
        if value is None and not port.is_optional and not is_new_problem:
            self.problems.add(
                place,
                f"job {job.name!r} lacks a value for {port.name!r}, which is neither optional "
                "nor has a default",
            )
        wrong = mismatch(port, value) if value is not None and port.is_declared else ""
        if wrong:
            self.problems.add(place, f"input {port.name!r} of job {job.name!r} {wrong}")
        kind = port.type if port.is_declared or value is None else _type_of(value)
        mode = (setting.mode if setting else "") or port.mode
        return BoundInput(dataclasses.replace(port, type=kind), kind, mode, value, place)

    def _value(self, scope: Scope, setting: Setting) -> Value | None:
        reference = whole_reference(setting.value)
        if reference:
            return follow(scope, reference, setting.place, self.problems)
        if references(str(setting.value)):
            self.problems.add(
                setting.place,
                f"{setting.value!r} mixes an expression with text; a binding stands alone",
            )
            return None
        return self._plain_value(setting)

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
            elif setting.type and setting.type != ports[name].type:
                self.problems.add(
                    setting.place,
                    f"output {name!r} is a {ports[name].type!r}, but is set to {setting.type!r}",
                )
            # Azure resolves these names when the job runs, and so does `Locations.output`.
            elif reference is None or reference.path in _SERVER_SIDE:
                destinations[name] = setting
            elif reference.parts[:2] != ("parent", "outputs"):
                follow(scope, Reference("outputs"), setting.place, self.problems)
            elif reference.parts[-1] in scope.graph.outputs:
                destinations[name] = self._outer(scope, job, name, reference, setting)
            else:
                report_unknown(
                    self.problems, setting.place, reference, "outputs", scope.names("outputs")
                )
        return destinations

    def _outer(
        self, scope: Scope, job: Job, name: str, reference: Reference, setting: Setting
    ) -> Setting:
        outer = scope.graph.outputs[reference.parts[-1]]
        destination = scope.destinations.get(outer.name, Setting(None, setting.place))
        own = job.component.outputs[name]
        # An output of the outermost pipeline may leave its type out; a nested one declares it.
        is_stated = bool(destination.type) or bool(scope.prefix)
        if is_stated and own.type != outer.type:
            self.problems.add(
                setting.place,
                f"output {name!r} of job {job.name!r} is a {own.type!r}, "
                f"but {outer.name!r} of the pipeline is a {outer.type!r}",
            )
        return dataclasses.replace(destination, mode=setting.mode or destination.mode or outer.mode)

    def _add_node(
        self,
        name: str,
        job: Job,
        inputs: Mapping[str, BoundInput],
        destinations: Mapping[str, Setting],
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
            outputs[key] = PlannedOutput(key, port.type, setting.mode or port.mode, location)
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
        )
        check_template(job.component, self.problems)
        check_node(node, self.problems)
        self.nodes[name] = node


def _needs(job: Job) -> list[str]:
    bindings = [whole_reference(setting.value) for setting in job.inputs.values()]
    return [ref.parts[2] for ref in bindings if ref and ref.parts[:2] == ("parent", "jobs")]


def _type_of(value: Value) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number"}
    if isinstance(value, Constant):
        return value.declared or kinds.get(type(value.value), "string")
    return value.type
