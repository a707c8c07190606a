"""GitHub would take the workflows: actionlint knows its expressions and actions, and the shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.contract.files import REPOSITORY, read_yaml

pytestmark = pytest.mark.checks

TOOLS = Path(sys.prefix, "checks", "bin")
GITHUB = REPOSITORY / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
WORKFLOW = """
on: {{push: {{branches: [main]}}}}
permissions: {{contents: read}}
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - {step}
"""
WRONG = {
    "run: make lint TARGET=${{ github.ref_nam }}": '"ref_nam" is not defined',
    "run: echo ${{ github.event.head_commit.message }}": "untrusted",
    "run: make lint TARGET=$GITHUB_REF_NAME": "SC2086",
    "{uses: actions/checkout@v6, with: {dept: 1}}": 'input "dept" is not defined',
    "{uses: ./.github/actions/setup, with: {dept: 1}}": 'input "dept" is not defined',
    "uses: actions/checkout@v4": 'runtime "node20" is deprecated',
    "runs: make lint": 'must run script with "run"',
}


def as_workflow(file: Path) -> str:
    """Return a workflow, or the steps of an action as one: actionlint does not read them there."""
    if file in WORKFLOWS:
        return file.read_text("utf-8")
    stated = read_yaml(file)
    inputs = {name: {"type": "string"} for name in stated.get("inputs", {})}
    job = {"runs-on": "ubuntu-24.04", "steps": stated["runs"]["steps"]}
    return yaml.safe_dump({"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"steps": job}})


def complaints(workflow: str, folder: Path) -> list[str]:
    """Return what actionlint says of a workflow that stands beside ours."""
    shutil.copytree(GITHUB, folder / ".github")
    (folder / ".git").mkdir()  # actionlint looks for our actions where a repository begins
    file = folder / ".github" / "workflows" / "asked.yml"
    file.write_text(workflow)
    linter, shellcheck = (str(TOOLS / name) for name in ("actionlint", "shellcheck"))
    command = [linter, "-oneline", "-no-color", "-pyflakes", "", "-shellcheck", shellcheck]
    said = subprocess.run(
        [*command, str(file)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert said.returncode == bool(said.stdout), said.stderr
    return said.stdout.splitlines()


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: "-".join(file.parts[-2:]))
def test_a_workflow_is_what_github_takes(file: Path, tmp_path: Path) -> None:
    assert complaints(as_workflow(file), tmp_path) == []


@pytest.mark.parametrize(("step", "told"), WRONG.items(), ids=WRONG)
def test_a_step_that_would_fail_or_do_harm_is_refused(step: str, told: str, tmp_path: Path) -> None:
    (said,) = complaints(WORKFLOW.format(step=step), tmp_path)
    assert told in said
