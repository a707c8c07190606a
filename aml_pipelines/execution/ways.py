"""Which nodes may run by what was decided, failed or ended before them: the ways through a plan."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.values import Produced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aml_pipelines.pipeline.plan import PlannedNode, Turn


@dataclass
class Ways:
    """What has become of nodes so far.

    `bypassed` nodes are not run, for a branch was not taken; `lost` ones, for a failure. `selected`
    are the nodes of this run: what others decided is in an earlier one.
    """

    selected: frozenset[str]
    ended: set[str] = field(default_factory=set)
    decided: dict[str, bool] = field(default_factory=dict)
    bypassed: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    begun_rounds: set[tuple[str, str]] = field(default_factory=set)

    def is_open(self, node: PlannedNode, unfinished: Iterable[PlannedNode]) -> bool:
        """Return whether nothing but data keeps `node` from running, nor rounds that run now."""
        is_after = all(
            name in self.ended or name in self.bypassed or name not in self.selected
            for name in node.flow.after
        )
        is_let = all(
            self.decided.get(name) == when or name not in self.selected
            for name, when in node.flow.guards.items()
        )
        rounds = {(turn.loop, turn.round) for other in unfinished for turn in other.flow.turns}
        return is_after and is_let and all(self._has_turn(t, rounds) for t in node.flow.turns)

    def begin(self, node: PlannedNode) -> None:
        self.begun_rounds |= {(turn.loop, turn.round) for turn in node.flow.turns}

    def give_up(self, waiting: list[PlannedNode]) -> Iterator[PlannedNode]:
        """Yield, and take out of `waiting`, the nodes that can never run."""
        while gone := [node for node in waiting if self._is_gone(node)]:
            for node in gone:
                waiting.remove(node)
                yield node

    def without_bypassed(self, node: PlannedNode) -> PlannedNode:
        """Return a node without the optional inputs that a branch would have made."""
        inputs = {
            name: dataclasses.replace(bound, value=None)
            if isinstance(bound.value, Produced) and bound.value.node in self.bypassed
            else bound
            for name, bound in node.inputs.items()
        }
        return dataclasses.replace(node, inputs=inputs)

    def _is_gone(self, node: PlannedNode) -> bool:
        """Return whether a node can never run, and note why."""
        if self.lost.intersection(node.awaited):
            self.lost.add(node.name)
            return True
        needed = {
            bound.value.node
            for bound in node.inputs.values()
            if isinstance(bound.value, Produced) and not bound.port.is_optional
        }
        needed |= {value.node for value in node.flow.passed.values()} | node.flow.guards.keys()
        is_barred = any(
            name in self.decided and self.decided[name] != when
            for name, when in node.flow.guards.items()
        )
        if is_barred or self.bypassed & needed:
            self.bypassed.add(node.name)
            return True
        return False

    def _has_turn(self, turn: Turn, unfinished: set[tuple[str, str]]) -> bool:
        begun = {item for item in self.begun_rounds & unfinished if item[0] == turn.loop}
        return (turn.loop, turn.round) in begun or len(begun) < turn.at_once
