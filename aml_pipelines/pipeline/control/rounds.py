"""Plans loops that go on while a condition is true: their first round, and in a run each next."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.control.planned import CONDITION, Rounds, round_name, round_of
from aml_pipelines.pipeline.plan import Flow
from aml_pipelines.pipeline.spec import InputPort, Job, Setting
from aml_pipelines.pipeline.values import Produced

if TYPE_CHECKING:
    from aml_pipelines.pipeline.control.blocks import DoWhile
    from aml_pipelines.pipeline.expand import Expansion
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.pipeline.scope import Scope


@dataclasses.dataclass(frozen=True)
class RoundsPlan:
    """A do_while job in its graph, and its body."""

    scope: Scope
    job: Job
    own: DoWhile
    body: Job

    def expand(self, expansion: Expansion) -> None:
        """Add the first round, and the loop's own node, whose outputs are the last round's."""
        if not self._has_right_ports(expansion):
            return
        found = len(expansion.problems.found)
        self._add(expansion, 1)
        # Values of the second round come from the first one: its mismatches are found now.
        if self.own.limit > 1 and len(expansion.problems.found) == found:
            second = expansion.fresh()
            self._add(second, 2)
            expansion.problems.found.extend(second.problems.found)
        outputs = self.body.component.outputs
        loop = f"{self.scope.prefix}{self.job.name}"
        made = {key: Produced(port.type, loop, key) for key, port in outputs.items()}
        self.scope.jobs[self.job.name] = self.scope.jobs[self.body.name] = made
        expansion.bind_outputs(self.scope, self.body, made)

    def plan(self, expansion: Expansion, number: int) -> tuple[PlannedNode, ...]:
        """Return the nodes of a further round, and the loop's node after it.

        Raises PipelineError when something that the round needs is not there any more.
        """
        fresh = expansion.fresh()
        self._add(fresh, number)
        fresh.problems.raise_any()
        return tuple(fresh.nodes.values())

    def _add(self, expansion: Expansion, number: int) -> None:
        before = set(expansion.nodes)
        made = expansion.expand_job(self.scope, self._round(number))
        after = tuple(name for name in expansion.nodes if name not in before)
        own = Rounds(
            self.body.name,
            number,
            self.own.limit,
            bool(self.own.condition),
            lambda: self.plan(expansion, number + 1),
        )
        ports, settings = self._condition(number)
        component = dataclasses.replace(
            self.job.component, own=own, inputs=ports, is_deterministic=False
        )
        loop = dataclasses.replace(self.job, component=component, inputs=settings)
        expansion.expand_job(self.scope, loop, Flow(after=after, passed=made))

    def _round(self, number: int) -> Job:
        earlier = {
            name: self._output(number - 1, output)
            for output, names in self.own.mapping.items()
            for name in names
        }
        return round_of(self.body, number, earlier if number > 1 else {})

    def _output(self, number: int, output: str) -> Setting:
        made_by = round_name(self.body.name, number)
        return Setting(f"${{{{parent.jobs.{made_by}.outputs.{output}}}}}", self.job.place)

    def _condition(self, number: int) -> tuple[dict[str, InputPort], dict[str, Setting]]:
        if not self.own.condition:
            return {}, {}
        port = InputPort(CONDITION, "boolean", self.job.place)
        return {CONDITION: port}, {CONDITION: self._output(number, self.own.condition)}

    def _has_right_ports(self, expansion: Expansion) -> bool:
        """Report outputs and inputs that the body does not have."""
        component = self.body.component
        outputs = [*filter(None, [self.own.condition]), *self.own.mapping]
        inputs = [name for names in self.own.mapping.values() for name in names]
        unknown = [
            f"{kind} {name!r}; it has {', '.join(known) or 'none'}"
            for kind, names, known in (
                ("output", outputs, tuple(component.outputs)),
                ("input", inputs, tuple(component.inputs)),
            )
            for name in names
            if name not in known
        ]
        for text in unknown:
            expansion.problems.add(
                self.job.place, f"the body {self.body.name!r} of {self.job.name!r} has no {text}"
            )
        return not unknown
