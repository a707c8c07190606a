"""Runs the trials of a sweep, some at once, and ends those that its policy gives up."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.data import NodeData, make_outputs
from aml_pipelines.execution.log_end import last_lines
from aml_pipelines.execution.process import kept
from aml_pipelines.execution.sweep.early_termination import is_ended
from aml_pipelines.execution.sweep.record import TrialRecord, write_trials
from aml_pipelines.execution.tracking import Ended, TrackedRun, run_id
from aml_pipelines.pipeline.kinds.sweep import sweep_of, trial_command
from aml_pipelines.processes import require_success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.execution.sweep.record import TrialStatus
    from aml_pipelines.execution.sweep.sampling import Sampler, Values
    from aml_pipelines.pipeline.plan import PlannedNode
    from aml_pipelines.processes import Child

_POLL_SECONDS = 0.1
_MLFLOW: Mapping[TrialStatus, Ended] = {
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
}


@dataclass
class _RunningTrial:
    trial: TrialRecord
    child: Child
    process: ExitStack
    began: float = field(default_factory=time.monotonic)
    judged: int = 0  # reports that the policy has seen


class Trials:
    """The trials of one sweep, which end with `run`, however it ends."""

    def __init__(
        self,
        node: PlannedNode,
        data: NodeData,
        place: Workplace,
        context: RunContext,
        *,
        sampler: Sampler,
    ) -> None:
        self._node, self._data, self._place, self._context = node, data, place, context
        self._sweep = sweep_of(node.component)
        self._sampler = sampler
        self._tracking = context.tracking
        self._folder = context.folder(node)
        self._running: list[_RunningTrial] = []
        self._has_more = True
        self.ended: list[TrialRecord] = []

    def run(self) -> None:
        """Run all trials to their ends; raises NodeFailedError when the sweep takes too long."""
        began, limit = time.monotonic(), self._node.timeout
        try:
            while self._start_more():
                time.sleep(_POLL_SECONDS)
                if self._context.processes.is_ending:
                    raise NodeFailedError("was ended: the run was cancelled")
                if limit is not None and time.monotonic() - began > limit:
                    raise NodeFailedError(f"took longer than limits.timeout, {limit:g} s")
                for running in list(self._running):
                    self._look_at(running)
        finally:
            for running in list(self._running):
                self._end(running, "Canceled", "the sweep ended")

    def tell(self, line: str) -> None:
        """Add a line to the log of the sweep."""
        with self._place.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def _start_more(self) -> bool:
        """Start what may start; return whether anything is running."""
        at_once = min(self._sweep.max_concurrent_trials, os.cpu_count() or 1)
        while self._has_more and len(self._running) < at_once:
            number = len(self.ended) + len(self._running)
            values = None
            if number < self._sweep.max_total_trials:
                values = self._sampler.draw(number)
            self._has_more = values is not None
            if values is not None:
                self._start(number, values)
        return bool(self._running)

    def _start(self, number: int, values: Values) -> None:
        folder = self._folder / "trials" / str(number)
        snapshot = folder / "snapshot"
        shutil.copytree(self._place.folder, snapshot)
        outputs = {name: str(folder / "outputs" / name) for name in self._data.outputs}
        make_outputs(self._node, NodeData(self._data.inputs, outputs, all_local=True))
        name, log = f"{self._node.run_name}_{number}", folder / "log.txt"
        trial = TrialRecord(number, name, values, outputs, str(log))
        texts = {key: str(value) for key, value in values.items()}
        command = trial_command(self._node.component, texts, self._data.inputs, outputs)
        variables = {"AZUREML_RUN_ID": name, "MLFLOW_RUN_ID": run_id(name)}
        with ExitStack() as opened:
            self._tracking.begin(self._tracked(trial))
            # Also of a trial that could not be started; `_end` tells how any other has ended.
            opened.callback(self._tracking.end, name, "KILLED")
            opened.enter_context(kept(name, snapshot, self._context))
            child = opened.enter_context(
                self._context.processes.started(
                    ["/bin/bash", "-c", command],
                    folder=snapshot,
                    environment={**self._place.environment, **variables},
                    log=log,
                )
            )
            self._running.append(_RunningTrial(trial, child, opened.pop_all()))
        self.tell(f"trial {number} began with {values}")
        self._record()

    def _tracked(self, trial: TrialRecord) -> TrackedRun:
        return TrackedRun(
            trial.name,
            self._context.plan.pipeline.experiment,
            display_name=trial.name,
            parent=self._node.run_name,
            root=self._context.run_id,
            tags={"hyperparameters": json.dumps(dict(trial.values))},
        )

    def _look_at(self, running: _RunningTrial) -> None:
        trial, limit = running.trial, self._sweep.trial_timeout
        if not running.child.is_running:
            try:
                require_success(running.child.wait())
            except NodeFailedError as error:
                self._end(running, "Failed", str(error))
            else:
                self._end(running, "Completed")
        elif limit is not None and time.monotonic() - running.began > limit:
            self._end(running, "Canceled", f"took longer than limits.trial_timeout, {limit:g} s")
        elif self._sweep.termination:
            trial.reports = self._tracking.reports(trial.name, self._sweep.metric)
            self._judge(running)

    def _judge(self, running: _RunningTrial) -> None:
        others = [*self.ended, *(item.trial for item in self._running)]
        reports = {trial.number: trial.reports for trial in others}
        trial, seen = running.trial, running.judged
        running.judged = len(trial.reports)
        for at in range(seen + 1, running.judged + 1):
            if is_ended(self._sweep, reports, trial.number, at):
                self._end(running, "Canceled", f"was ended by early_termination at report {at}")
                return

    def _end(self, running: _RunningTrial, status: TrialStatus, error: str = "") -> None:
        running.process.close()
        self._running.remove(running)
        trial = running.trial
        trial.status, trial.error = status, error
        trial.seconds = round(time.monotonic() - running.began, 2)
        trial.reports = self._tracking.reports(trial.name, self._sweep.metric)
        self._tracking.end(trial.name, _MLFLOW[status])
        best = self.metric_of(trial)
        self._sampler.learn(trial.number, best if status == "Completed" else None)
        self.ended.append(trial)
        self.tell(f"trial {trial.number} {status}: {error or f'{self._sweep.metric} = {best}'}")
        if status == "Failed":
            self._tell_log(trial)
        self._record()

    def metric_of(self, trial: TrialRecord) -> float | None:
        """Return the best of what a trial has reported; None when it has reported nothing."""
        best = max if self._sweep.is_maximized else min
        return best(trial.reports, default=None)

    def _tell_log(self, trial: TrialRecord) -> None:
        for line in last_lines(Path(trial.log)):
            self.tell(f"    {line}")

    def _record(self) -> None:
        trials = [*self.ended, *(running.trial for running in self._running)]
        write_trials(self._folder, sorted(trials, key=lambda trial: trial.number))
