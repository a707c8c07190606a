"""A node that is ready to run, and the command it becomes once its inputs are placed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.shell import resolved_arguments, resolved_command
from aml_pipelines.pipeline.values import Bound, Constant, Data, Produced

if TYPE_CHECKING:
    from aml_pipelines.pipeline.expressions import Reference
    from aml_pipelines.pipeline.problems import Place
    from aml_pipelines.pipeline.spec import Component


@dataclass(frozen=True)
class PlannedOutput:
    """An output of a node and the place it is written to."""

    name: str
    type: str
    mode: str
    location: str


@dataclass(frozen=True)
class PlannedNode:
    """One process to run: a component with every input and output resolved."""

    name: str
    run_name: str
    component: Component
    inputs: Mapping[str, Bound]
    outputs: Mapping[str, PlannedOutput]
    environment_variables: Mapping[str, str]
    timeout: float | None
    place: Place

    @property
    def is_spark(self) -> bool:
        return self.component.kind == "spark"

    @property
    def upstream(self) -> tuple[str, ...]:
        """The nodes whose outputs this one reads, each once."""
        values = [bound.value for bound in self.inputs.values()]
        return tuple(dict.fromkeys(value.node for value in values if isinstance(value, Produced)))


Produce = Mapping[tuple[str, str], str]  # node and output → where it is


def input_text(bound: Bound, produced: Produce) -> str | None:
    """Give what a node's command gets for an input: a literal's text, or a location."""
    value = bound.value
    if value is None:
        return None
    if isinstance(value, Constant):
        return value.text
    if isinstance(value, Produced):
        return produced[value.node, value.output]
    return value.location if isinstance(value, Data) else value.reference


def input_texts(node: PlannedNode, produced: Produce) -> dict[str, str | None]:
    return {name: input_text(bound, produced) for name, bound in node.inputs.items()}


def command(node: PlannedNode, inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> str:
    """Make the shell command of a command node, or the line that a Spark node's arguments make."""
    if node.is_spark:
        return shlex.join(["python", *arguments(node, inputs, outputs)])

    def resolve(reference: Reference) -> str | None:
        return _text(reference, inputs, outputs)

    return resolved_command(node.component.template, resolve)


def arguments(
    node: PlannedNode, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> list[str]:
    """Give the entry script of a Spark node and its arguments."""

    def resolve(reference: Reference) -> str | None:
        return _text(reference, inputs, outputs)

    return [node.component.spark.entry, *resolved_arguments(node.component.template, resolve)]


def _text(
    reference: Reference, inputs: Mapping[str, str | None], outputs: Mapping[str, str]
) -> str | None:
    kind, name = reference.parts
    return inputs[name] if kind == "inputs" else outputs[name]
