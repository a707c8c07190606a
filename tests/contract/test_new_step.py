"""A new step passes the contracts of steps as it was written, once it is pasted into a pipeline."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.files import copy_repository

pytestmark = pytest.mark.checks

# Names before, among and after the modules that the scripts import.
STEPS = {"absent_rows": "spark", "row_1": "spark", "zone_shares": "command", "lake_2": "command"}


def run(repository: Path, *words: str) -> str:
    done = subprocess.run(
        words, cwd=repository, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with new steps, joined to data.yml as `new` says."""
    folder = tmp_path_factory.mktemp("new_step")
    copy_repository(folder)
    for name, kind in STEPS.items():
        words = ("-m", "aml_pipelines", "new", "step", name, "--type", kind)
        _, _, block = run(folder, sys.executable, *words).partition("\n\n")
        with (folder / "aml_pipelines" / "data.yml").open("a", encoding="utf-8") as pipeline:
            pipeline.write(block)
    return folder


def test_the_contracts_of_steps_and_its_own_test_hold_for_a_new_step(repository: Path) -> None:
    contracts = [f"tests/contract/test_{name}.py" for name in ("components", "snapshots", "plans")]
    unit = "tests/unit/components/learning"
    own = [f"{unit}/test_{name}.py" for name, kind in STEPS.items() if kind == "command"]
    chosen = f"{' or '.join(STEPS)} or (plans and data)"
    words = ("-m", "pytest", "-v", *contracts, *own, "-k", chosen)
    said = run(repository, sys.executable, *words)
    held = {name: said.count(f"[{name}] PASSED") for name in STEPS}
    assert held == {"absent_rows": 8, "row_1": 8, "zone_shares": 7, "lake_2": 7}


def test_ruff_finds_nothing_in_the_files_of_a_new_step(repository: Path) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    run(repository, ruff, "check", "--no-cache", ".")
    run(repository, ruff, "format", "--no-cache", "--check", ".")


def test_a_plan_shows_a_new_step_reading_the_receipt_of_the_features(repository: Path) -> None:
    plan = run(repository, sys.executable, "-m", "aml_pipelines", "plan", "data", "--target", "dev")
    for name, kind in STEPS.items():
        assert f"{name} ({kind}, after build_features" in plan
