"""Runs the nodes of a plan: each after those it reads from, independent ones in parallel."""

from __future__ import annotations

import dataclasses
import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.durability import settle
from aml_pipelines.execution.kinds import runnable_kind
from aml_pipelines.execution.node import NodeResult, run_node
from aml_pipelines.execution.record import RunRecord, now, read_receipt
from aml_pipelines.execution.ways import Ways
from aml_pipelines.pipeline.plan import PlannedNode, input_texts
from aml_pipelines.pipeline.values import Produced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.console import Progress
    from aml_pipelines.execution.context import RunContext


@dataclass
class Execution:
    """A plan while it runs."""

    context: RunContext
    record: RunRecord
    progress: Progress
    produced: dict[tuple[str, str], str] = field(default_factory=dict)
    waiting: list[PlannedNode] = field(default_factory=list)
    running: dict[Future[NodeResult], PlannedNode] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    ways: Ways = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing decided."""
        self.ways = Ways(self.context.selection.run)

    def run(self) -> bool:
        """Run to the end; return whether every node that was to run completed.

        On KeyboardInterrupt, ends every process, records the run as failed, and passes it on.
        """
        self._take_earlier()
        self.waiting = [
            node
            for node in self.context.plan.nodes.values()
            if node.name in self.context.selection.run
        ]
        # Threads, for they only wait: each node is a process of its own.
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
            try:
                while self._start_ready(threads):
                    self._await_one()
            # BaseException: Ctrl-C and SIGTERM arrive as KeyboardInterrupt, and no node may
            # outlive the run.
            except BaseException:
                self.context.processes.end_all()
                self.record.end("Failed")
                raise
        self.record.end("Failed" if self.failed else "Completed")
        return not self.failed

    def _take_earlier(self) -> None:
        for name, outputs in self.context.selection.earlier.items():
            record = self.record.nodes[name]
            record.status, record.reused, record.outputs = "Completed", True, outputs
            record.receipt = read_receipt(outputs)
            self._produce(name, outputs)

    def _produce(self, name: str, outputs: Mapping[str, str]) -> None:
        self.produced.update({(name, output): path for output, path in outputs.items()})

    def _start_ready(self, threads: ThreadPoolExecutor) -> bool:
        """Start what can start; return whether anything is running."""
        stops = self.failed and not self.context.plan.pipeline.continue_on_step_failure
        # A copy: nodes that begin leave the list.
        for waiting in [] if stops else list(self.waiting):
            if len(self.running) < (os.cpu_count() or 1) and self._is_ready(waiting):
                self.waiting.remove(waiting)
                node = self.ways.without_bypassed(waiting)
                self._begin(node)
                record_command = partial(self._record_command, node.name)
                future = threads.submit(
                    run_node, node, dict(self.produced), self.context, record_command
                )
                self.running[future] = node
        self.record.write()  # what ended before, and what has begun: once for both
        return bool(self.running)

    def _is_ready(self, node: PlannedNode) -> bool:
        values = [bound.value for bound in self.ways.without_bypassed(node).inputs.values()]
        has_inputs = all(
            (value.node, value.output) in self.produced
            for value in values
            if isinstance(value, Produced)
        )
        unfinished = [*self.waiting, *self.running.values()]
        return has_inputs and self.ways.is_open(node, unfinished) and not self._is_excluded(node)

    def _is_excluded(self, node: PlannedNode) -> bool:
        """Return whether `node` has to wait for another of its kind that runs now."""
        kind = runnable_kind(node.component.kind)
        alike = [
            item for item in self.running.values() if item.component.kind == node.component.kind
        ]
        return kind.is_exclusive(node, self.context) and any(
            kind.is_exclusive(item, self.context) for item in alike
        )

    def _begin(self, node: PlannedNode) -> None:
        record = self.record.nodes[node.name]
        inputs = input_texts(node, self.produced)
        outputs = {name: output.location for name, output in node.outputs.items()}
        record.status, record.inputs, record.outputs = "Running", inputs, outputs
        folder = self.context.folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        record.log = None if self.context.in_foreground else str(folder / "log.txt")
        # A loop begins again after each round.
        self.began.setdefault(node.name, time.monotonic())
        record.started = record.started or now()
        self.ways.begin(node)
        self.progress.began(node.name)

    def _record_command(self, name: str, command: str) -> None:
        # It is known only when the data are placed: a served lake gives other texts than the plan.
        self.record.nodes[name].command = command
        self.record.write()

    def _await_one(self) -> None:
        done, _ = wait(self.running, return_when=FIRST_COMPLETED)
        for future in done:
            self._end(self.running.pop(future), future)
        for node in self.ways.give_up(self.waiting):
            self.record.nodes[node.name].status = "Skipped"

    def _end(self, node: PlannedNode, future: Future[NodeResult]) -> None:
        record = self.record.nodes[node.name]
        record.seconds = round(time.monotonic() - self.began[node.name], 2)
        try:
            ended = future.result()
            record.receipt = read_receipt(ended.outputs)
        except NodeFailedError as error:
            record.status, record.error = "Failed", str(error)
            self.failed.append(node.name)
            self.ways.lost.add(node.name)
        else:
            record.properties, record.registered = ended.ran.properties, ended.registered
            if self._add(node, ended.ran.more):
                record.status = "NotStarted"
                return
            self._complete(node, ended)
        if record.status == "Completed" and not record.reused:
            settle(self.context.state)  # before the record says so
        self.progress.ended(node.name, record.status, record.seconds, reused=record.reused)

    def _complete(self, node: PlannedNode, ended: NodeResult) -> None:
        record, passed = self.record.nodes[node.name], node.flow.passed
        outputs = {
            **ended.outputs,
            **{name: self.produced[value.node, value.output] for name, value in passed.items()},
        }
        record.status, record.reused, record.outputs = "Completed", ended.reused, outputs
        self._produce(node.name, outputs)
        self.ways.ended.add(node.name)
        if ended.ran.decided is not None:
            self.ways.decided[node.name] = ended.ran.decided

    def _add(self, loop: PlannedNode, more: tuple[PlannedNode, ...]) -> bool:
        """Add nodes that `loop` has planned; return whether it is to run again after them."""
        flow = loop.flow
        nodes = [
            dataclasses.replace(
                node,
                flow=dataclasses.replace(node.flow, turns=(*flow.turns, *node.flow.turns)),
            )
            for node in more
        ]
        self.record.add({node.name: node.component.kind for node in nodes})
        self.ways.selected |= {node.name for node in nodes}
        self.waiting += nodes
        return loop.name in {node.name for node in nodes}
