"""Plans loops over items: a round for each, and a node that gathers what all rounds make."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.items import LoopItem, items_in
from aml_pipelines.pipeline.control.planned import ITEMS, Items, round_name, round_of
from aml_pipelines.pipeline.expressions import whole_reference
from aml_pipelines.pipeline.plan import Turn
from aml_pipelines.pipeline.scope import follow
from aml_pipelines.pipeline.spec import LITERAL_TYPES, InputPort, Job, OutputPort, Setting
from aml_pipelines.pipeline.values import Constant, Produced, Unresolved
from conf.yaml_lines import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.pipeline.control.blocks import ParallelFor
    from aml_pipelines.pipeline.expand import Expansion
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.scope import Scope


@dataclasses.dataclass(frozen=True)
class GatherPlan:
    """A parallel_for job in its graph, and its body."""

    scope: Scope
    job: Job
    own: ParallelFor
    body: Job

    def expand(self, expansion: Expansion) -> None:
        """Add a round for each item and the loop's own node; only this one for unknown items."""
        # What one round makes is nobody's input but the loop's.
        self.scope.jobs[self.body.name] = {}
        stated = self.own.items
        if stated is None:
            return
        reference = whole_reference(stated.value) if stated.kind == "text" else None
        value = None
        if reference:
            value = follow(self.scope, reference, stated.place, expansion.problems)
        if isinstance(value, Produced):
            made = self._add_spread(expansion, Setting(str(stated.value), stated.place))
        elif isinstance(value, Unresolved):
            return
        else:
            text = Entry(value.text, stated.place) if isinstance(value, Constant) else stated
            made = self._add(expansion, self._items(expansion, text))
        expansion.bind_outputs(self.scope, self.job, made)

    def _items(self, expansion: Expansion, stated: Entry) -> list[LoopItem]:
        return items_in(stated, self.job.name, self.body.component, expansion.problems)

    def _add(self, expansion: Expansion, items: list[LoopItem]) -> dict[str, Produced]:
        for number, item in enumerate(items, start=1):
            before = set(expansion.nodes)
            expansion.expand_job(self.scope, round_of(self.body, number, item))
            if self.own.at_once:
                loop = f"{self.scope.prefix}{self.job.name}"
                turn = Turn(loop, round_name(self.body.name, number), self.own.at_once)
                expansion.add_turn(expansion.nodes.keys() - before, turn)
        return expansion.expand_job(self.scope, self._gathering(len(items)))

    def _add_spread(self, expansion: Expansion, items: Setting) -> dict[str, Produced]:
        """Add a node that makes the rounds when the items are known, and plan what one is like."""
        like = expansion.fresh()
        first = dataclasses.replace(round_of(self.body, 1, {}), has_open_inputs=True)
        like.expand_job(self.scope, first)
        expansion.problems.found.extend(like.problems.found)
        expansion.templates |= like.nodes

        def plan_rounds(text: str) -> tuple[PlannedNode, ...]:
            fresh = expansion.fresh()
            self._add(fresh, self._items(fresh, Entry(text, items.place)))
            fresh.problems.raise_any()
            return tuple(fresh.nodes.values())

        own = Items(self.body.name, dict.fromkeys(self._outputs(), ()), plan_rounds)
        port = InputPort(ITEMS, "string", items.place)
        return expansion.expand_job(self.scope, self._loop(own, {ITEMS: port}, {ITEMS: items}))

    def _gathering(self, count: int) -> Job:
        gathered = {name: tuple(_inputs(name, count)) for name in self._outputs()}
        ports: dict[str, InputPort] = {}
        settings: dict[str, Setting] = {}
        for output, names in gathered.items():
            kind = self.body.component.outputs[output].type
            for number, name in enumerate(names, start=1):
                # The place is what counts: nothing is to be mounted or copied.
                mode = "" if kind in LITERAL_TYPES else "direct"
                # A branch in the round may leave it out.
                ports[name] = InputPort(name, kind, self.job.place, mode=mode, is_optional=True)
                made_by = round_name(self.body.name, number)
                text = f"${{{{parent.jobs.{made_by}.outputs.{output}}}}}"
                settings[name] = Setting(text, self.job.place)
        return self._loop(Items(self.body.name, gathered), ports, settings)

    def _loop(self, own: Items, ports: dict[str, InputPort], settings: dict[str, Setting]) -> Job:
        component = dataclasses.replace(
            self.job.component, own=own, inputs=ports, outputs=self._outputs()
        )
        return dataclasses.replace(self.job, component=component, inputs=settings)

    def _outputs(self) -> dict[str, OutputPort]:
        """Return the outputs of the loop, of the types that Azure gives them."""
        return {
            name: OutputPort(
                name, "string" if port.type in LITERAL_TYPES else "mltable", self.job.place
            )
            for name, port in self.body.component.outputs.items()
        }


def _inputs(output: str, count: int) -> Iterator[str]:
    yield from (f"{output}-{number}" for number in range(1, count + 1))
