"""Sweeps on this machine: trials that are processes, and the best one's outputs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from aml_pipelines.errors import NodeFailedError
from aml_pipelines.execution.process import Ran
from aml_pipelines.execution.sweep.sampling import sampler_of
from aml_pipelines.execution.sweep.trials import Trials
from aml_pipelines.pipeline.kinds.sweep import sweep_of

if TYPE_CHECKING:
    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.execution.data import NodeData
    from aml_pipelines.execution.process import Workplace
    from aml_pipelines.execution.sweep.record import TrialRecord
    from aml_pipelines.pipeline.plan import PlannedNode

# By Azure ML's name, which its client reads.
BEST = "best_child_run_id"


def run(node: PlannedNode, data: NodeData, place: Workplace, context: RunContext) -> Ran:
    """Run all trials, and take the outputs of the best one that completed."""
    _refuse(data, context)
    sampler = sampler_of(sweep_of(node.component))
    trials = Trials(node, data, place, context, sampler=sampler)
    trials.tell(f"sampling: {sampler.about}")
    trials.run()
    best = _best(trials, node)
    told = {
        BEST: best.name,
        "score": str(trials.metric_of(best)),
        "sampling": sampler.about,
    }
    context.tracking.tag(node.run_name, told)
    trials.tell(f"the best is trial {best.number} with {dict(best.values)}: {told['score']}")
    _take_outputs(best, data)
    return Ran(told)


def _refuse(data: NodeData, context: RunContext) -> None:
    remote = [name for name, path in data.outputs.items() if "://" in path]
    if remote:
        raise NodeFailedError(
            f"has outputs {remote} in mode 'direct' in a served lake, where the outputs of its "
            "best trial cannot be put; give them another mode"
        )
    if context.in_foreground:
        raise NodeFailedError("is a sweep: debug its trial as a command node instead")


def _best(trials: Trials, node: PlannedNode) -> TrialRecord:
    sweep = sweep_of(node.component)
    scored = [trial for trial in trials.ended if trial.status == "Completed" and trial.reports]
    if not scored:
        raise NodeFailedError(
            f"has {len(trials.ended)} trials, of which none completed and logged {sweep.metric!r}"
        )
    sign = -1.0 if sweep.is_maximized else 1.0
    # Of equal ones the first, so that a seed gives the same result however long each took.
    return min(scored, key=lambda trial: (sign * (trials.metric_of(trial) or 0.0), trial.number))


def _take_outputs(best: TrialRecord, data: NodeData) -> None:
    for name, made in best.outputs.items():
        source, place = Path(made), Path(data.outputs[name])
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, place)
