"""Azure DevOps and GitHub are two doors to one delivery: they type the same lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.agent_shell import AgentShell, Command, runs_dry
from tests.contract.files import REPOSITORY, read_yaml
from tests.contract.pipeline_lines import DEVOPS, PREDEFINED, VERB, filled, scripts, stages
from tests.contract.workflows_expanded import WORKFLOWS, by_hand, inputs, jobs, triggers

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = REPOSITORY / ".github" / "workflows"
NAMES = sorted(file.stem for file in DEVOPS.glob("*.yml"))
SETTINGS = "--set inputs.dataset=weather --set inputs.as_of=2014-01-01T00:00:00Z"
STARTED: list[tuple[str, str, dict[str, str]]] = [
    *((name, branch, {}) for name in NAMES for branch in ("main", "develop", "feature/x")),
    ("data", "main", {"settings": SETTINGS}),
    ("training", "develop", {"settings": SETTINGS, "model": "m", "best": "--lowest rmse"}),
    ("deployment", "main", {"model": "m", "version": ":3", "traffic": "25", "rows": "r.json"}),
    ("deployment", "develop", {"model": "m", "version": ":3", "traffic": "25", "rows": "r.json"}),
    ("publish_endpoint", "main", {"target": "prod", "traffic": "50"}),
    *(
        ("rollback", "main", {"target": "prod", "what": what, "model": "m"})
        for what in ("online", "champion", "both")
    ),
]


def typed_in_azure_devops(
    name: str, branch: str, given: dict[str, str], folder: Path
) -> list[list[Command]]:
    """Return what every job of a pipeline types, in the order of its stages."""
    found: list[list[Command]] = []
    for stage in stages(DEVOPS / f"{name}.yml", f"refs/heads/{branch}", **given):
        for job in on_push(stage):
            shell = AgentShell(folder / str(len(found)))
            variables = stage.get("variables", [{}])[0] | PREDEFINED
            variables["Build.ArtifactStagingDirectory"] = str(shell.records)
            lines = [filled(line, variables) for line in scripts(job)]
            found.append([command for line in lines for command in shell.types(line, {})])
    return found


def on_push(stage: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the jobs of a stage but for those of pull requests."""
    return [job for job in stage["jobs"] if "PullRequest" not in job.get("condition", "")]


def test_both_tell_a_pull_request_by_the_same_line_and_no_fork_of_it() -> None:
    (stated,) = (
        job
        for stage in stages(DEVOPS / "ci.yml", "refs/heads/main")
        for job in stage["jobs"]
        if job not in on_push(stage)
    )
    *_, line = scripts(stated)
    job = read_yaml(FOLDER / "ci.yml")["jobs"]["difference"]
    assert job["steps"][-1]["run"] == line == f"{VERB}diff --pull-request"
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job["timeout-minutes"] == stated["timeoutInMinutes"]
    assert "head.repo.full_name == github.repository" in job["if"]
    assert runs_dry(line.split())


def test_both_have_the_same_pipelines() -> None:
    assert [file.stem for file in WORKFLOWS] == NAMES
    assert len(NAMES) == 8


@pytest.mark.parametrize(("name", "branch", "given"), STARTED)
def test_both_type_the_same_and_keep_the_same_of_what_is_printed(
    name: str, branch: str, given: dict[str, str], tmp_path: Path
) -> None:
    file = FOLDER / f"{name}.yml"
    on_github = jobs(file, branch, by_hand(file, **given), tmp_path / "github")
    in_azure_devops = typed_in_azure_devops(name, branch, given, tmp_path / "azure")
    assert [job.commands for job in on_github] == in_azure_devops
    assert all(in_azure_devops)


def asked_by_azure_devops(name: str) -> dict[str, tuple[str, list[str]]]:
    """Return a pipeline's parameters with default and choices; one space is how it says nothing."""
    declared = read_yaml(DEVOPS / f"{name}.yml").get("parameters", [])
    return {
        item["name"]: (str(item["default"]).strip(), item.get("values", [])) for item in declared
    }


@pytest.mark.parametrize("name", NAMES)
def test_both_ask_whoever_starts_a_pipeline_for_the_same(name: str) -> None:
    on_github = {
        key: (str(item["default"]), item.get("options", []))
        for key, item in inputs(FOLDER / f"{name}.yml").items()
    }
    assert on_github == asked_by_azure_devops(name)


def schedule(document: dict[str, Any]) -> list[str]:
    listed = document.get("schedules") or document.get("schedule") or []
    return [item["cron"] for item in listed]


@pytest.mark.parametrize("name", NAMES)
def test_both_start_at_the_same_hours_and_give_jobs_the_same_minutes(
    name: str, tmp_path: Path
) -> None:
    file = FOLDER / f"{name}.yml"
    azure = DEVOPS / f"{name}.yml"
    assert schedule(triggers(file)) == schedule(read_yaml(azure))
    limits = [
        job["timeoutInMinutes"]
        for stage in stages(azure, "refs/heads/main")
        for job in on_push(stage)
    ]
    assert [job.minutes for job in jobs(file, "main", by_hand(file), tmp_path)] == limits


def test_both_check_every_change_of_the_same_branches() -> None:
    pushed = triggers(FOLDER / "ci.yml")["push"]["branches"]
    # On GitHub one star ends at the next slash, in Azure DevOps it does not.
    same = [branch.replace("/**", "/*") for branch in pushed]
    assert same == read_yaml(DEVOPS / "ci.yml")["trigger"]["branches"]["include"]
    assert "pull_request" in triggers(FOLDER / "ci.yml")


def test_both_register_environments_when_their_files_change_on_the_same_branches() -> None:
    pushed = triggers(FOLDER / "environment.yml")["push"]
    stated = read_yaml(DEVOPS / "environment.yml")["trigger"]
    assert pushed["branches"] == stated["branches"]["include"]
    assert pushed["paths"] == [f"{folder}/**" for folder in stated["paths"]["include"]]


def test_both_run_all_pipelines_once_the_rest_of_ci_is_green_and_keep_what_they_leave(
    tmp_path: Path,
) -> None:
    azure_stages = stages(DEVOPS / "ci.yml", "refs/heads/main")
    assert [[job["job"] for job in on_push(stage)] for stage in azure_stages] == [
        ["quality", "tests", "next_spark"],
        ["run"],
    ]
    *checks, run = jobs(FOLDER / "ci.yml", "main", {}, tmp_path)
    assert [check.needs for check in checks] == [[], [], []]
    assert run.needs == ["quality", "tests", "next_spark"]
    kept = dict(run.used)["actions/upload-artifact@v6"]["path"]
    assert kept == azure_stages[1]["jobs"][0]["steps"][-1]["publish"] == ".lake/runs"


@pytest.mark.parametrize(
    ("pipeline", "place", "name"),
    [
        ("ci", 1, "tests"),
        ("ci", 2, "next_spark"),
        ("nightly", 0, "all_tests"),
        ("nightly", 1, "all_on_next_spark"),
    ],
)
def test_both_keep_the_report_of_tests_where_pytest_writes_it(
    pipeline: str, place: int, name: str
) -> None:
    stated = read_yaml(FOLDER / f"{pipeline}.yml")["jobs"][name]["steps"]
    (options,) = (step["env"]["PYTEST_ADDOPTS"] for step in stated if "env" in step)
    (kept,) = (step["with"]["path"] for step in stated if "upload-artifact" in step.get("uses", ""))
    assert options == f"--junitxml={kept}"
    check, *_ = stages(DEVOPS / f"{pipeline}.yml", "refs/heads/main")
    *_, test, publish = check["jobs"][place]["steps"]
    assert test["env"]["PYTEST_ADDOPTS"] == f"--junitxml={publish['inputs']['testResultsFiles']}"
