"""Which nodes of a plan run, and which are taken from earlier runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import PipelineError
from aml_pipelines.execution.selection import select_from, select_only
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.assets.registry import Registry

if TYPE_CHECKING:
    from aml_pipelines.pipeline.plan import Plan

CASES = Path(__file__).parents[1] / "pipeline" / "testdata"
BRANCHES = CASES / "a_branch_and_a_join" / "pipeline.yml"  # right and left read from start


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    locations = Locations(FolderLake(tmp_path), tmp_path / "runs", "RUN", Registry(tmp_path))
    return plan_pipeline(BRANCHES, locations, overrides={}, target_inputs={})


def record_run(plan: Plan, run_id: str, **statuses: str) -> None:
    """Write the run.json of an earlier run whose nodes ended with `statuses`, and its outputs."""
    nodes = {}
    for name, status in statuses.items():
        output = plan.locations.runs / run_id / name / "outputs" / "copied"
        output.mkdir(parents=True)
        nodes[name] = {"status": status, "outputs": {"copied": str(output)}}
    raw = str(CASES / "components" / "src")
    run = {"file": str(BRANCHES), "inputs": {"raw": raw}, "started": run_id, "nodes": nodes}
    (plan.locations.runs / run_id / "run.json").write_text(json.dumps(run))


def test_what_does_not_follow_from_the_node_is_taken_from_the_latest_run_that_completed_it(
    plan: Plan,
) -> None:
    record_run(plan, "1", start="Completed", right="Completed", left="Completed")
    record_run(plan, "2", start="Completed", right="Failed")

    selection = select_from(plan, "right")

    assert selection.run == {"right"}
    assert selection.anew == {"right"}
    runs = plan.locations.runs
    assert selection.earlier == {
        "start": {"copied": str(runs / "2" / "start" / "outputs" / "copied")},
        "left": {"copied": str(runs / "1" / "left" / "outputs" / "copied")},
    }


def test_a_node_without_earlier_outputs_runs_too_and_so_does_all_that_follows_from_it(
    plan: Plan,
) -> None:
    record_run(plan, "1", start="Failed", right="Completed", left="Completed")

    selection = select_from(plan, "right")

    assert selection.run == {"start", "right", "left"}
    assert selection.earlier == {}


def test_one_node_alone_needs_earlier_outputs_of_what_it_reads(plan: Plan) -> None:
    with pytest.raises(PipelineError, match="completed start; run it with --from start"):
        select_only(plan, "left")
    with pytest.raises(PipelineError, match="--debug left: no earlier run"):
        select_only(plan, "left", option="--debug")
    record_run(plan, "1", start="Completed")

    assert select_only(plan, "left").run == {"left"}
