"""A plan: the nodes of a pipeline, with every input and output resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.values import (
    BoundInput,
    Constant,
    Missing,
    Produced,
    Unresolved,
    Value,
)

if TYPE_CHECKING:
    from aml_pipelines.pipeline.locations import Locations
    from aml_pipelines.pipeline.spec import Component, NewAsset, Pipeline
    from conf.yaml_lines import Place


@dataclass(frozen=True)
class PlannedOutput:
    """An output of a node and the place it is written to."""

    name: str
    type: str
    mode: str
    location: str
    asset: NewAsset | None = None
    path: str = ""  # as the file states it, with its expressions


@dataclass(frozen=True)
class Turn:
    """The round of a loop that a node is of; at most `at_once` rounds of it run at a time."""

    loop: str
    round: str
    at_once: int


@dataclass(frozen=True)
class Flow:
    """How control flow bears on a node.

    It runs `after` these nodes, and only if each of `guards` decides as is said there. `passed` are
    its outputs that another node makes. `like` is the node of a loop's first round that it repeats.
    """

    after: tuple[str, ...] = ()
    guards: Mapping[str, bool] = field(default_factory=dict)
    passed: Mapping[str, Produced] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    like: str = ""


@dataclass(frozen=True)
class PlannedNode:
    """One process to run: a component with every input and output resolved."""

    name: str
    run_name: str
    component: Component
    inputs: Mapping[str, BoundInput]
    outputs: Mapping[str, PlannedOutput]
    environment_variables: Mapping[str, str]
    timeout: float | None
    place: Place
    tags: Mapping[str, str] = field(default_factory=dict)
    display_name: str = ""
    flow: Flow = Flow()

    @property
    def awaited(self) -> tuple[str, ...]:
        """The nodes that must have ended before this one, each once."""
        return tuple(dict.fromkeys((*self.upstream, *self.flow.after, *self.flow.guards)))

    @property
    def upstream(self) -> tuple[str, ...]:
        """The nodes whose outputs this one reads or passes on, each once."""
        values = [*(bound.value for bound in self.inputs.values()), *self.flow.passed.values()]
        return tuple(dict.fromkeys(value.node for value in values if isinstance(value, Produced)))


@dataclass(frozen=True)
class Plan:
    """A pipeline ready to run: its nodes stand after those whose outputs they read."""

    pipeline: Pipeline
    locations: Locations
    inputs: Mapping[str, Value | None]
    nodes: Mapping[str, PlannedNode]
    outputs: Mapping[str, Produced]
    notes: tuple[str, ...] = ()
    new_assets: Mapping[str, NewAsset] = field(default_factory=dict)  # by the pipeline's output
    # What rounds of loops will be like whose items are known only in the run.
    templates: Mapping[str, PlannedNode] = field(default_factory=dict)

    @property
    def all_nodes(self) -> Mapping[str, PlannedNode]:
        """The nodes, and what further ones will be like."""
        return {**self.nodes, **self.templates}

    @property
    def job_outputs(self) -> Mapping[str, tuple[str, str]]:
        """The node, and its output, that each output of the job itself is."""
        if self.locations.is_single:
            return {name: (key, name) for key, node in self.nodes.items() for name in node.outputs}
        return {name: (made.node, made.output) for name, made in self.outputs.items()}

    def gaps(self, nodes: Collection[str]) -> list[str]:
        """Return what these nodes need, is not there yet, and is made by none of them."""
        made = [output.location for node in nodes for output in self.nodes[node].outputs.values()]
        return [
            f"{bound.place}: input {name!r} of {node!r} is {bound.value.reference!r}: "
            f"{bound.value.why}"
            for node in nodes
            for name, bound in self.nodes[node].inputs.items()
            if isinstance(bound.value, Missing)
            and not (bound.value.location and is_nested(bound.value.location, made))
        ]


def is_nested(path: str, others: Iterable[str]) -> bool:
    """Return whether a path is one of `others`, or lies within one, or around one."""
    own = f"{path.rstrip('/')}/"
    folders = (f"{other.rstrip('/')}/" for other in others)
    return any(own.startswith(folder) or folder.startswith(own) for folder in folders)


Produce = Mapping[tuple[str, str], str]  # node and output → where it is


def input_text(bound: BoundInput, produced: Produce) -> str | None:
    """Return the text that a node's command gets for an input: a literal, or a location."""
    value = bound.value
    if value is None:
        return None
    if isinstance(value, Constant):
        return value.text
    if isinstance(value, Produced):
        return f"{produced[value.node, value.output]}{value.inside}"
    if isinstance(value, Unresolved):
        raise TypeError(f"input {bound.port.name!r} was never resolved")  # plans have none
    return value.location or value.reference


def input_texts(node: PlannedNode, produced: Produce) -> dict[str, str | None]:
    return {name: input_text(bound, produced) for name, bound in node.inputs.items()}
