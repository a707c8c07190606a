"""Control flow as it is planned: what its nodes know when they are decided in a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.blocks import IfElse
from aml_pipelines.pipeline.spec import own_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.spec import Component, Job, Setting

NextRound = Callable[[], "tuple[PlannedNode, ...]"]
ForItems = Callable[[str], "tuple[PlannedNode, ...]"]
CONDITION, ITEMS = "condition", "items"


@dataclass(frozen=True)
class Rounds:
    """A loop after the round `number`: `plan_next` returns the next one, and the loop after it."""

    body: str
    number: int
    limit: int
    has_condition: bool
    plan_next: NextRound


@dataclass(frozen=True)
class Items:
    """A loop over items: for each output, the inputs that are those of its rounds, in order.

    `plan_rounds` returns the rounds, and the loop after them, where the items are known only in
    the run.
    """

    body: str
    gathered: Mapping[str, tuple[str, ...]]
    plan_rounds: ForItems | None = None


def round_name(body: str, number: int | str) -> str:
    """Return the name of the job that is a loop's round, by its number from 1."""
    return f"{body}-{number}"


def round_of(body: Job, number: int, inputs: Mapping[str, Setting]) -> Job:
    """Return the body of a loop as the job of a round, with these inputs over its own."""
    return dataclasses.replace(
        body,
        name=round_name(body.name, number),
        like=round_name(body.name, 1),
        inputs={**body.inputs, **inputs},
    )


def rounds_of(component: Component) -> Rounds:
    """Return the rounds of a planned do_while loop."""
    return own_of(component, Rounds)


def items_of(component: Component) -> Items:
    """Return the items of a planned parallel_for loop."""
    return own_of(component, Items)


def planned_name(nodes: Mapping[str, PlannedNode], name: str) -> str:
    """Return `name`, or the loop of which it is a round that became known in the run."""
    if name in nodes:
        return name
    for loop, node in nodes.items():
        own = node.component.own
        if isinstance(own, Rounds | Items):
            prefix = loop.removesuffix(node.component.name)
            if name.startswith(f"{prefix}{round_name(own.body, '')}"):
                return loop
    raise ValueError(f"{name!r} is no node, nor a round of a loop")


def told_branches(component: Component) -> str:
    """Return what an if_else node decides, for people."""
    own = own_of(component, IfElse)
    taken, other = (", ".join(block) for block in (own.on_true, own.on_false))
    return f"if {CONDITION}: {taken or 'nothing'}; else: {other or 'nothing'}"


def told_rounds(component: Component) -> str:
    """Return what a do_while node decides, for people."""
    own = rounds_of(component)
    when = f"while {CONDITION}" if own.has_condition else "always"
    return f"{own.body} again, {when}, at most {own.limit} rounds"


def told_items(component: Component) -> str:
    """Return what a parallel_for node gathers, for people."""
    own = items_of(component)
    if own.plan_rounds:
        return f"{own.body} for each of the {ITEMS}"
    return f"gather {', '.join(own.gathered) or 'nothing'} of {own.body}"
