"""Jobs overlap unless one may change what the other reads or writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.touched import Touched, touched_by
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.assets.registry import Registry
from aml_pipelines.workspace.jobs.store import Graph, Jobs

if TYPE_CHECKING:
    from pathlib import Path

JOB = """\
type: pipeline
inputs: {root: LAKE/tables}
jobs:
  free:
    environment: azureml:any:1
    outputs: {made: {type: uri_folder}}
    command: make ${{outputs.made}}
  bound:
    environment: azureml:any:1
    inputs:
      raw: {type: uri_folder, path: "azureml://datastores/lake/paths/raw"}
      root: ${{parent.inputs.root}}
      free: ${{parent.jobs.free.outputs.made}}
    outputs: {scores: {path: "azureml://datastores/lake/paths/scores"}}
    command: score ${{inputs.raw}} ${{inputs.root}} ${{inputs.free}} ${{outputs.scores}}
"""


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Touched(("/lake/a",)), Touched(("/lake/b",)), False),
        (Touched(("/lake/a",)), Touched(("/lake/ab",)), False),
        (Touched(("/lake/a",)), Touched(("/lake/a/part",)), True),
        (Touched(("/lake",)), Touched((), ("/lake/a",)), True),
        (Touched((), ("/lake/a",)), Touched((), ("/lake/a",)), False),
        (Touched(()), Touched(("/",)), False),
        (Touched((), needs_spark=True), Touched((), needs_spark=True), True),
    ],
)
def test_two_jobs_conflict_over_what_either_writes(
    one: Touched, other: Touched, *, expected: bool
) -> None:
    assert one.conflicts(other) is expected
    assert other.conflicts(one) is expected


def test_a_plan_touches_what_it_names_of_the_lake_and_not_its_own_run(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    (lake / "raw").mkdir(parents=True)
    file = tmp_path / "job.yml"
    file.write_text(JOB.replace("LAKE", str(lake)))
    locations = Locations(FolderLake(lake), lake / "runs", "RUN", Registry(lake))
    plan = plan_pipeline(file, locations, overrides={}, target_inputs={})
    assert touched_by(plan, lake) == Touched(
        (str(lake / "scores"), str(lake / "tables")), (str(lake / "raw"),)
    )


def test_a_job_never_overtakes_one_that_it_conflicts_with(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for name, written in (("a", "/x"), ("b", "/x"), ("c", "/x/part"), ("d", "/y")):
        jobs.submit(name, {}, Graph({}, {}, touched=Touched((written,))))
    first = jobs.begin_next()
    assert first
    second = jobs.begin_next([first.graph.touched])
    assert second
    assert (first.name, second.name) == ("a", "d")
    assert jobs.begin_next([first.graph.touched, second.graph.touched]) is None
    third = jobs.begin_next()
    assert third
    assert third.name == "b"
