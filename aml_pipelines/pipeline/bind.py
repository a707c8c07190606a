"""Binds the inputs of jobs to their values, through every expression."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.data_checks import UnknownReferenceError
from aml_pipelines.pipeline.expressions import Part, Reference, parse, references, whole_reference
from aml_pipelines.pipeline.find_data import find_data
from aml_pipelines.pipeline.scope import Scope, follow
from aml_pipelines.pipeline.values import (
    BoundInput,
    Constant,
    Data,
    Produced,
    Unresolved,
    Value,
    mismatch,
)

if TYPE_CHECKING:
    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.problems import Problems
    from aml_pipelines.pipeline.spec import InputPort, Job, Setting


@dataclass(frozen=True)
class Binder:
    """Finds values: where data is, and what expressions mean."""

    locations: Locations
    problems: Problems

    def plain_value(self, setting: Setting) -> Value | None:
        """Return the value of a setting without expressions: a literal, or data at a path."""
        if setting.value is None:
            return None
        if not setting.is_path:
            return Constant(setting.value, setting.type)
        try:
            return find_data(self.locations, setting)
        except UnknownReferenceError as problem:
            self.problems.add(setting.place, str(problem))
            return Unresolved()

    def inputs(self, scope: Scope, job: Job) -> dict[str, BoundInput]:
        """Return the inputs of a job, each with its value."""
        ports = job.component.inputs
        for name, setting in job.inputs.items():
            if name in ports:
                continue
            self.problems.note(
                setting.place,
                f"job {job.name!r} has no input {name!r}, which changes nothing; "
                f"it has {', '.join(ports) or 'none'}",
            )
        return {name: self._input(scope, job, port) for name, port in ports.items()}

    def _input(self, scope: Scope, job: Job, port: InputPort) -> BoundInput:
        setting = job.inputs.get(port.name)
        place = setting.place if setting else job.place
        value = self._value(scope, setting) if setting else None
        if value is None and port.default is not None:
            value = Constant(port.default)
        if value is None and job.has_open_inputs:
            value = Unresolved(port.type)
        if value is None and not port.is_optional:
            self.problems.add(
                place,
                f"job {job.name!r} lacks a value for {port.name!r}, which is neither optional "
                "nor has a default",
            )
        wrong = mismatch(port, value) if value is not None and port.is_declared else ""
        if wrong:
            self.problems.add(place, f"input {port.name!r} of job {job.name!r} {wrong}")
        kind = port.type
        if not port.is_declared and value is not None and not isinstance(value, Unresolved):
            kind = _type_of(value)
        mode = (setting.mode if setting else "") or port.mode or _outer_mode(scope, setting)
        return BoundInput(dataclasses.replace(port, type=kind), kind, mode, value, place)

    def _value(self, scope: Scope, setting: Setting) -> Value | None:
        reference = whole_reference(setting.value)
        if reference:
            return follow(scope, reference, setting.place, self.problems)
        if isinstance(setting.value, str) and references(setting.value):
            return self._text_value(scope, setting.value, setting)
        return self.plain_value(setting)

    def _text_value(self, scope: Scope, text: str, setting: Setting) -> Value | None:
        """Return the value of text with expressions in it: text, or a path inside of data."""
        first: Value | None = None
        rest = ""
        for part in parse(text):
            value = self._part(scope, part, setting)
            if isinstance(value, Constant):
                rest += value.text
            elif first is None and not rest and isinstance(value, Data | Produced):
                first = value
            elif isinstance(value, Unresolved):
                return value
            else:
                self.problems.add(
                    setting.place,
                    f"{text!r} is neither text nor a path inside of data: "
                    "data stands at its beginning, once",
                )
                return Unresolved()
        if isinstance(first, Produced):
            return dataclasses.replace(first, inside=f"{first.inside}{rest}")
        if isinstance(first, Data):
            return dataclasses.replace(first, location=f"{first.location}{rest}")
        if setting.is_path:
            return self.plain_value(dataclasses.replace(setting, value=rest))
        return Constant(rest)

    def _part(self, scope: Scope, part: Part, setting: Setting) -> Value | None:
        if isinstance(part, Reference):
            return follow(scope, part, setting.place, self.problems)
        return Constant(part if isinstance(part, str) else "")


def _outer_mode(scope: Scope, setting: Setting | None) -> str:
    """Return the mode of the graph's own input that a job's input is bound to."""
    reference = whole_reference(setting.value) if setting else None
    if reference and reference.parts[:2] == ("parent", "inputs"):
        return scope.modes.get(".".join(reference.parts[2:]), "")
    return ""


def _type_of(value: Value) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number"}
    if isinstance(value, Constant):
        return value.declared or kinds.get(type(value.value), "string")
    return value.type
