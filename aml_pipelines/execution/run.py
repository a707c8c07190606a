"""Runs a plan, shows its progress, and writes its record."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aml_pipelines.console import Progress, live_or_lines, say
from aml_pipelines.execution.record import RunRecord, git_commit, now
from aml_pipelines.execution.registration import register_pipeline_outputs
from aml_pipelines.execution.scheduler import Execution
from aml_pipelines.execution.selection import shown_inputs
from aml_pipelines.execution.tracking import TrackedRun
from aml_pipelines.pipeline.job_outputs import RUN_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aml_pipelines.execution.context import RunContext
    from aml_pipelines.pipeline.plan import Plan


def run_plan(context: RunContext) -> RunRecord:
    """Run the nodes of a plan that are selected, and record all of them in run.json."""
    plan = context.plan
    kinds = {name: node.component.kind for name, node in plan.nodes.items()}
    file = plan.locations.runs / plan.locations.run_id / RUN_RECORD
    record = RunRecord(file, _about(plan, context.target), kinds)
    with progress_of(context) as progress, _tracked(context, record):
        if Execution(context, record, progress).run():
            register_pipeline_outputs(context, record)
    return record


@contextmanager
def _tracked(context: RunContext, record: RunRecord) -> Iterator[None]:
    plan = context.plan
    if plan.locations.is_single:
        yield  # its one node is the job
        return
    context.tracking.begin(
        TrackedRun(
            context.run_id,
            plan.pipeline.experiment,
            plan.pipeline.display_name or plan.pipeline.name,
            tags=plan.pipeline.tags,
        )
    )
    try:
        yield
    finally:
        context.tracking.end(context.run_id, "FINISHED" if record.is_completed else "FAILED")


def _about(plan: Plan, target: str) -> dict[str, object]:
    return {
        "pipeline": plan.pipeline.name,
        "file": str(plan.pipeline.file),
        "run_id": plan.locations.run_id,
        "target": target,
        "started": now(),
        "git_commit": git_commit(),
        "inputs": shown_inputs(plan.inputs),
        "outputs": {
            name: {"node": node, "output": output}
            for name, (node, output) in plan.job_outputs.items()
        },
    }


@contextmanager
def progress_of(context: RunContext) -> Iterator[Progress]:
    """Show the progress of a run while the block runs."""
    plan, selection = context.plan, context.selection
    taken = f", {len(selection.earlier)} taken from earlier" if selection.earlier else ""
    say(f"{plan.pipeline.name}: {len(selection.run)} nodes{taken} ({plan.locations.run_id})")
    with live_or_lines(plain=context.in_foreground) as progress:
        yield progress
