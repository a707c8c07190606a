"""Golden plans: a folder of testdata is a case, its plan.txt or error.txt what must come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.verbs.plan import plan_lines
from aml_pipelines.workspace.assets.registry import Registry

TESTDATA = Path(__file__).with_name("testdata")
CASES = sorted(file.parent for file in TESTDATA.glob("*/pipeline.yml"))


def planned_text(lake: Path) -> str:
    locations = Locations(FolderLake(lake), lake / "runs", "RUN", Registry(lake))
    inputs = {"lake": str(lake)}
    try:
        plan = plan_pipeline(Path("pipeline.yml"), locations, overrides={}, target_inputs=inputs)
    except PipelineError as error:
        return str(error)
    return "\n".join([*plan_lines(plan), *(f"note: {note}" for note in plan.notes)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pipeline_file_gives_exactly_its_plan_or_its_errors(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    text = planned_text(tmp_path)
    for folder, name in ((tmp_path, "lake"), (TESTDATA, "cases"), (TESTDATA.parent, "tests")):
        text = text.replace(str(folder), f"<{name}>")
    (expected,) = [*case.glob("plan.txt"), *case.glob("error.txt")]
    assert text.splitlines() == expected.read_text(encoding="utf-8").splitlines()
