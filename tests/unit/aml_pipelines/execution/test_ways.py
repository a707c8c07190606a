"""Which nodes may run: rounds that take turns, and what a failure or a branch leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.ways import Ways
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.assets.registry import Registry

if TYPE_CHECKING:
    from aml_pipelines.pipeline.plan import Plan

CASES = Path(__file__).parents[1] / "pipeline" / "testdata"


def planned(case: str, lake: Path) -> Plan:
    locations = Locations(FolderLake(lake), lake / "runs", "RUN", Registry(lake))
    file = CASES / case / "pipeline.yml"
    return plan_pipeline(file, locations, overrides={}, target_inputs={})


def test_a_round_waits_for_its_turn(tmp_path: Path) -> None:
    nodes = planned("items", tmp_path).nodes
    first, second = nodes["body-1"], nodes["body-2"]
    ways = Ways(frozenset(nodes))
    assert ways.is_open(first, [first, second])
    ways.begin(first)
    assert not ways.is_open(second, [first, second])
    assert ways.is_open(second, [second])


@pytest.mark.parametrize(
    ("condition", "left_out"),
    [
        (True, ["large.count", "large.again"]),
        (False, ["small", "inner", "innermost", "after"]),
    ],
)
def test_a_branch_leaves_out_what_it_guards_and_all_that_needs_it(
    tmp_path: Path, *, condition: bool, left_out: list[str]
) -> None:
    nodes = planned("branches", tmp_path).nodes
    ways = Ways(frozenset(nodes), decided={"choose": condition})
    assert [node.name for node in ways.give_up(list(nodes.values()))] == left_out
    assert ways.bypassed == set(left_out)
    assert ways.lost == set()


def test_a_failure_loses_what_waits_for_it(tmp_path: Path) -> None:
    nodes = planned("rounds", tmp_path).nodes
    ways = Ways(frozenset(nodes), lost={"of_a_pipeline-1.again"})
    # The loop reads no data of that node, but has no next round without it.
    assert [node.name for node in ways.give_up(list(nodes.values()))] == ["repeat", "read"]
