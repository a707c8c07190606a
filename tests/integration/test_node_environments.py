"""Nodes run with the packages that they ask for, and never change this project's."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from tests.integration.pipelines_elsewhere import run_command, write_target
from tests.wheels import write_wheel

SITE = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
JOB = """\
type: pipeline
experiment_name: flights
jobs:
  node:
    type: command
    command: {command}
    environment: {environment}
    outputs: {{version: {{type: uri_file}}}}
"""
SAY = "python -c 'import greeting; print(greeting.VERSION)' > ${{outputs.version}}"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return write_wheel(tmp_path / "wheels", "greeting", "1.0").parent


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return write_target(tmp_path)


def run(target: Path, command: str, environment: object, *words: str) -> tuple[int, str]:
    job = target.parent / "job.yml"
    job.write_text(JOB.format(command=json.dumps(command), environment=json.dumps(environment)))
    ended = run_command("run", job, "--target", target, *words)
    return ended.returncode, ended.stdout + ended.stderr


def versions(target: Path) -> list[str]:
    files = sorted((target.parent / "lake" / "runs").glob("*/node/outputs/version"))
    return [file.read_text().strip() for file in files]


def installed() -> set[str]:
    return {file.name for file in SITE.iterdir()}


@pytest.mark.slow
def test_what_a_node_installs_is_its_own_and_gone_when_it_ends(target: Path, wheels: Path) -> None:
    before = installed()
    install = f"pip install -q --no-index {wheels}/greeting-1.0-py3-none-any.whl && {SAY}"
    code, said = run(target, install, "azureml:any:1")
    assert code == 0, said
    assert versions(target) == ["1.0"]
    assert installed() == before
    code, said = run(target, SAY, "azureml:any:1")
    assert code == 1
    assert "No module named 'greeting'" in said


def test_the_command_that_resumes_allows_what_the_run_was_allowed(
    target: Path, wheels: Path
) -> None:
    wheel = f"greeting @ {(wheels / 'greeting-1.0-py3-none-any.whl').as_uri()}"
    code, said = run(target, "exit 3", "azureml:any:1", "--with", wheel)
    assert code == 1, said
    (resume,) = [line for line in said.splitlines() if "resume with: " in line]
    assert f"--with={wheel}" in shlex.split(resume)


def test_packages_that_are_not_here_are_named_before_anything_runs(target: Path) -> None:
    conda = {"dependencies": ["python=3.11", {"pip": ["greeting==1.0", "pandas<2", "flask"]}]}
    code, said = run(target, SAY, {"image": "any", "conda_file": conda})
    assert code == 2
    assert "job.yml:7: environment" in said
    assert "greeting==1.0 (not installed), pandas<2 (2.2.3 is installed)" in said
    assert "add --environments build, or --with greeting==1.0 --with 'pandas<2'" in said
    assert "flask" not in said
    assert not (target.parent / "lake" / "runs").exists()


@pytest.mark.slow
def test_an_environment_that_is_asked_for_is_built_once_for_its_content(
    target: Path, wheels: Path
) -> None:
    lines = ["--no-index", f"--find-links {wheels}", "greeting==1.0"]
    environment = {"image": "any", "conda_file": {"dependencies": [{"pip": lines}]}}
    only_its_own = f"{SAY} && ! python -c 'import numpy'"
    code, said = run(target, only_its_own, environment, "--environments", "build")
    assert code == 0, said
    assert "building an environment of greeting==1.0" in said
    code, said = run(target, f"true && {only_its_own}", environment, "--environments", "build")
    assert code == 0, said
    assert "building" not in said
    assert versions(target) == ["1.0", "1.0"]


@pytest.mark.slow
def test_a_package_that_is_added_stands_beside_this_projects_and_enters_the_reuse_key(
    target: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    before = installed()
    environment = {"conda_file": {"dependencies": [{"pip": ["greeting"]}]}}
    both = f"{SAY} && python -c 'import numpy'"
    assert run(target, both, environment, "--with", "greeting==1.0")[0] == 0
    write_wheel(wheels, "greeting", "1.1")
    code, said = run(target, both, environment, "--with", "greeting==1.1")
    assert code == 0, said
    assert "reused" not in said
    assert versions(target) == ["1.0", "1.1"]
    assert installed() == before


def test_an_environment_that_cannot_be_built_stops_the_run_with_the_installers_words(
    target: Path,
) -> None:
    lines = ["--no-index", "greeting==9"]
    environment = {"conda_file": {"dependencies": [{"pip": lines}]}}
    code, said = run(target, SAY, environment, "--environments", "build")
    assert code == 2
    assert "an environment cannot be built" in said
    assert "greeting" in said
    assert not list((target.parent / "lake" / "registry" / "environments").glob("*/"))


def test_a_program_that_is_no_package_is_refused_by_its_name(target: Path) -> None:
    environment = {"conda_file": {"dependencies": ["cudatoolkit=11"]}}
    code, said = run(target, SAY, environment, "--environments", "build")
    assert code == 2
    assert "cudatoolkit (a conda package that is no Python package)" in said
