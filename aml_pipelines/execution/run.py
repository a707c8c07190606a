"""Run a plan with what all its nodes share: a warm JVM, a workspace, a record."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aml_pipelines.console import Progress, live_or_lines, say
from aml_pipelines.execution.node import Surroundings
from aml_pipelines.execution.record import RunRecord, git_commit
from aml_pipelines.execution.scheduler import Execution
from aml_pipelines.execution.selection import Selection, shown_inputs
from aml_pipelines.execution.spark_jvm import WarmJvm, memory, shares_jvm
from aml_pipelines.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from aml_pipelines.azurite.lake import RemoteLake
    from aml_pipelines.pipeline.plan import Plan


@dataclass(frozen=True)
class Shared:
    """What a run gets from outside: where it is, its JVM, and how its jobs find a workspace."""

    target: str
    master: str
    jvm: WarmJvm | None
    job_environment: Mapping[str, str]
    await_workspace: Callable[[], None]
    lake: RemoteLake | None = None


def run_plan(plan: Plan, selection: Selection, shared: Shared, *, reuses: bool) -> RunRecord:
    """Run the nodes of `plan` that are selected, and record all of them in run.json."""
    folder = plan.locations.runs / plan.locations.run_id
    kinds = {name: node.component.kind for name, node in plan.nodes.items()}
    record = RunRecord(folder / "run.json", _about(plan, shared.target), kinds)
    around = Surroundings(
        runs=plan.locations.runs,
        run_id=plan.locations.run_id,
        experiment=plan.pipeline.experiment,
        master=shared.master,
        processes=Processes(),
        jvm=shared.jvm,
        job_environment=shared.job_environment,
        await_workspace=shared.await_workspace,
        reuses=reuses and not plan.pipeline.force_rerun,
        lake=shared.lake,
    )
    with progress_of(plan, selection) as progress:
        Execution(plan, selection, around, record, progress).run()
    return record


@contextmanager
def warm_jvm(
    plans: Sequence[Plan], *, master: str, folder: Path, lake: RemoteLake | None = None
) -> Iterator[WarmJvm | None]:
    """Start a JVM for the Spark nodes that can share one, if there are any."""
    components = [node.component for plan in plans for node in plan.nodes.values() if node.is_spark]
    shared = [item for item in components if shares_jvm(item, memory(item))]
    if not shared:
        yield None
        return
    reached = lake.spark_environment if lake else {}
    jvm = WarmJvm(memory=memory(shared[0]), master=master, folder=folder, environment=reached)
    try:
        yield jvm
    finally:
        jvm.stop()


def now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds")


def _about(plan: Plan, target: str) -> dict[str, object]:
    return {
        "pipeline": plan.pipeline.name,
        "file": str(plan.pipeline.file),
        "run_id": plan.locations.run_id,
        "target": target,
        "started": now(),
        "git_commit": git_commit(),
        "inputs": shown_inputs(plan.inputs),
    }


@contextmanager
def progress_of(plan: Plan, selection: Selection) -> Iterator[Progress]:
    """Show the progress of `plan` for as long as the block runs."""
    taken = f", {len(selection.earlier)} taken from earlier" if selection.earlier else ""
    say(f"{plan.pipeline.name}: {len(selection.run)} nodes{taken} ({plan.locations.run_id})")
    with live_or_lines() as progress:
        yield progress
