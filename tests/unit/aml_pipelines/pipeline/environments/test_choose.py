"""Where nodes run: here, on top of what is here, or in an environment of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import PipelineError
from aml_pipelines.pipeline.environments.choose import Choice, Policy, choose_environments
from aml_pipelines.pipeline.lake import FolderLake
from aml_pipelines.pipeline.locations import Locations
from aml_pipelines.pipeline.planner import plan_pipeline
from aml_pipelines.workspace.assets.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.pipeline.plan import Plan

JOB = """\
type: pipeline
jobs:
  driven:
    command: echo
    environment: {conda_file: {dependencies: [{pip: [azureml-core==1.61, numpy]}]}}
"""


def planned(folder: Path, text: str = JOB) -> Plan:
    file = folder / "job.yml"
    file.write_text(text)
    lake = FolderLake(folder / "lake")
    locations = Locations(lake, folder / "runs", "RUN", Registry(folder / "lake"))
    return plan_pipeline(file, locations, overrides={}, target_inputs={})


def test_packages_of_azures_own_driver_are_not_asked_of_this_machine(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    with pytest.raises(PipelineError, match=r"azureml-core==1\.61 \(not installed\); add"):
        choose_environments(plan, Policy())
    choices = choose_environments(plan, Policy(provided=("azureml-core",)))
    assert choices.nodes == {"driven": Choice()}


def test_an_environment_of_its_own_has_all_that_it_asks_for(tmp_path: Path) -> None:
    (chosen,) = choose_environments(planned(tmp_path), Policy(builds=True)).nodes.values()
    assert chosen == Choice(("azureml-core==1.61", "numpy"), is_own=True)


def test_the_same_packages_have_the_same_key_and_others_another(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    other = planned(tmp_path, JOB.replace("1.61", "1.62"))
    keys = [
        choose_environments(item, Policy(builds=True)).nodes["driven"].key
        for item in (plan, plan, other)
    ]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("package", ["no package", "-e .", ""])
def test_what_is_added_must_be_a_package(tmp_path: Path, package: str) -> None:
    with pytest.raises(PipelineError, match="is no package such as"):
        choose_environments(planned(tmp_path), Policy(packages=(package,)))


def test_an_environment_that_nobody_knows_is_said_and_runs_here(tmp_path: Path) -> None:
    text = "command: echo\nenvironment: azureml:somebodys:1\n"
    choices = choose_environments(planned(tmp_path, text), Policy())
    assert choices.nodes == {"command": Choice()}
    (note,) = choices.notes
    assert "environment 'azureml:somebodys:1' is not known here" in note


@pytest.mark.parametrize(
    "command",
    [
        "Rscript train.R --data ${{inputs.rows}}",
        "SEED=1 Rscript train.R",
        "cd src && Rscript train.R",
        "export SEED=1; echo starts\nRscript train.R",
    ],
)
def test_a_program_that_is_not_here_is_named_before_anything_runs(
    tmp_path: Path, command: str
) -> None:
    job = {"command": command, "environment": "azureml:somebodys:1", "inputs": {"rows": "a"}}
    plan = planned(tmp_path, json.dumps(job))
    told = r"job\.yml:1: job 'command' runs 'Rscript', which is not on this machine; install it"
    with pytest.raises(PipelineError, match=told):
        choose_environments(plan, Policy())
    choose_environments(plan, Policy(packages=("rscript",)))  # a package may bring it


@pytest.mark.parametrize(
    "command",
    [
        "python train.py",
        "mlflow --version",
        "for i in 1 2; do julia $i; done",
        "./Rscript train.R",
        "pip install radian && radian train.R",
        "Rscript() { true; }; Rscript train.R",
        "$RUNNER train.R",
        "if true; then true; fi",
        "[ -f Rscript ] && Rscript train.R || true",
    ],
)
def test_a_program_that_may_be_there_when_it_is_run_is_not_refused(
    tmp_path: Path, command: str
) -> None:
    job = json.dumps({"command": command, "environment": "azureml:somebodys:1"})
    assert choose_environments(planned(tmp_path, job), Policy()).nodes == {"command": Choice()}
