"""Azure's own SDK loads every pipeline file that the planner plans."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTDATA = Path(__file__).with_name("testdata")
# The SDK has control flow only if it is told so before it is imported.
PRIVATE = {"branches", "rounds", "items"}
PLANNED = sorted(
    file.parent for file in TESTDATA.glob("*/plan.txt") if file.parent.name not in PRIVATE
)
LOADING = """
import sys
from azure.ai.ml import load_job
for file in sys.argv[1:]:
    result = load_job(file)._validate()
    assert result.passed, (file, result.error_messages)
"""


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


@pytest.mark.sdk
def test_the_sdk_loads_control_flow() -> None:
    files = [str(TESTDATA / name / "pipeline.yml") for name in sorted(PRIVATE)]
    loaded = subprocess.run(
        [sys.executable, "-c", LOADING, *files],
        env={"AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
