"""Every pipeline plans under every target: its wiring is right wherever it is to run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.verbs.request import Request
from conf.target_file import load_target
from tests.contract.files import PIPELINES, TARGETS, read_yaml, short_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("target", TARGETS, ids=short_name)
@pytest.mark.parametrize("pipeline", PIPELINES, ids=short_name)
def test_a_pipeline_plans_under_a_target(pipeline: Path, target: Path, tmp_path: Path) -> None:
    where = load_target(target.stem)
    if where.is_local:
        where = replace(where, lake=str(tmp_path))
    request = Request((pipeline.stem,), where, overrides={}, runs=tmp_path / "runs")
    (plan,) = request.plan_all("RUN")
    assert set(plan.nodes) == set(read_yaml(pipeline)["jobs"])
    lakes = {node.inputs["lake"].value for node in plan.nodes.values() if "lake" in node.inputs}
    assert {getattr(lake, "text", None) for lake in lakes} == {where.lake}
