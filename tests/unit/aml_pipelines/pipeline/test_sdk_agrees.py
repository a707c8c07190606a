"""Azure's own SDK loads every pipeline file that the planner plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

TESTDATA = Path(__file__).with_name("testdata")
PLANNED = sorted(file.parent for file in TESTDATA.glob("*/plan.txt"))


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own, on import
@pytest.mark.parametrize("case", PLANNED, ids=lambda case: case.name)
def test_the_sdk_loads_what_is_planned(case: Path) -> None:
    from azure.ai.ml import load_job  # noqa: PLC0415 # 2.8 s that only these tests need

    job: Any = load_job(case / "pipeline.yml")
    if job.type == "automl":
        return  # what it asks for is judged by the service alone
    result = job._validate()  # noqa: SLF001 # the SDK has no public way to validate offline
    assert result.passed, result.error_messages
