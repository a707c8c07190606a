"""GitHub's workflows do what people do at home, and sign in without a secret."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.__main__ import main
from tests.contract.files import REPOSITORY, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
MAKE_TARGETS = re.findall(
    r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE
)
SHELL = {
    "TARGET": "prod",
    "MODEL": "flights_late:3",
    "TRAFFIC": "10",
    "GITHUB_RUN_ID": "1",
    "GITHUB_RUN_ATTEMPT": "1",
}
FROM_TARGETS = ("AZURE_SUBSCRIPTION_ID", "JOBS_CLIENT_ID", "JOBS_IDENTITY_ID")
OF_BRANCH = "${{ github.ref_name == 'main' && 'prod' || 'dev' }}"


def jobs_of(file: Path) -> list[dict[str, Any]]:
    return list(read_yaml(file)["jobs"].values())


def lines_of(job: dict[str, Any]) -> list[str]:
    return [line for step in job["steps"] for line in str(step.get("run", "")).splitlines()]


LINES = sorted({line for file in WORKFLOWS for job in jobs_of(file) for line in lines_of(job)})


@pytest.mark.parametrize("line", LINES)
def test_a_step_is_a_make_target_or_a_verb_that_runs_dry(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FROM_TARGETS:
        monkeypatch.setenv(name, "here")
    monkeypatch.chdir(REPOSITORY)
    filled = re.sub(r"\$(\w+)", lambda name: SHELL[name[1]], line.partition(" > ")[0])
    words = shlex.split(filled)
    if words[0] == "make":
        assert set(words[1:]) <= set(MAKE_TARGETS)
        return
    assert words[:3] == [".venv/bin/python", "-m", "aml_pipelines"]
    assert main([*words[3:], "--dry-run"]) == 0


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_whoever_signs_in_does_so_by_a_token_of_github_in_an_environment(file: Path) -> None:
    document = read_yaml(file)
    for job in jobs_of(file):
        uses = [str(step.get("uses", "")) for step in job["steps"]]
        signs_in = "azure/login@v2" in uses
        assert signs_in == ("environment" in job)
        assert (document["permissions"].get("id-token") == "write") == signs_in
        if signs_in:
            assert {name: job["env"][name] for name in FROM_TARGETS} == {
                name: f"${{{{ vars.{name} }}}}" for name in FROM_TARGETS
            }
    assert "secrets." not in file.read_text("utf-8")


@pytest.mark.parametrize("name", ["data", "training"])
def test_the_branch_decides_the_target(name: str) -> None:
    (job,) = jobs_of(REPOSITORY / ".github" / "workflows" / f"{name}.yml")
    assert job["environment"] == job["env"]["TARGET"] == OF_BRANCH


def test_a_release_reaches_prod_after_dev_and_from_main_alone() -> None:
    dev, prod = jobs_of(REPOSITORY / ".github" / "workflows" / "deployment.yml")
    assert (dev["environment"], prod["environment"]) == ("dev", "prod")
    assert (prod["needs"], prod["if"]) == ("dev", "github.ref_name == 'main'")
    assert any(' promote "$MODEL" --from dev --target prod' in line for line in lines_of(prod))
    assert not any(" submit " in line for line in lines_of(prod)), "nothing is made again"
