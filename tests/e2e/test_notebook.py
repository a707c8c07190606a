"""The notebook's cells, run one after the other on the lake of the main job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.lake_runs import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.spark]
NOTEBOOK = REPOSITORY / "docs" / "look_around.ipynb"


@pytest.mark.slow
def test_the_notebook_shows_runs_a_stricter_contract_and_scores(
    first: Stage, tmp_path: Path
) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    script = tmp_path / "cells.py"
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    script.write_text("\n\n".join(sources), encoding="utf-8")
    asked = {"LAKE": str(first.lake), "DATASET": "diabetes", "MODEL": "diabetes_progression"}
    asked |= {"COLUMN": "bmi", "MAXIMUM": "30", "PICTURE": str(tmp_path / "scores.png")}
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        cwd=REPOSITORY,
        env={**os.environ, **asked, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr[-3000:]
    assert "hist_gradient_boosting" in shown.stdout
    assert "of 200 rows would be set aside" in shown.stdout
    assert "['bmi_is_in_range']" in shown.stdout
    assert (tmp_path / "scores.png").stat().st_size > 0


def test_the_notebook_is_committed_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
