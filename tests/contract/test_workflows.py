"""GitHub's workflows do what people do at home, and sign in without a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.agent_shell import AgentShell, Command, runs_dry
from tests.contract.files import REPOSITORY, read_yaml
from tests.contract.pipeline_lines import VARIABLES
from tests.contract.workflows_expanded import (
    ACTIONS,
    WORKFLOWS,
    WorkflowError,
    by_hand,
    evaluated,
    inputs,
    jobs,
    runs,
)

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = REPOSITORY / ".github" / "workflows"
AT_TARGET = "./.github/actions/at_target"
STAY_SIGNED_IN = REPOSITORY / AT_TARGET / "stay_signed_in.sh"
BRANCHES = {"main": "prod", "develop": "dev", "feature/x": "dev"}
OF_BRANCH = ("data", "training", "environment")
# What a line begins with: a make target, a verb, or the parting of an input into words.
BEGINNINGS = re.compile(
    r"make [a-z-]+|\.venv/bin/python -m aml_pipelines |read -ra [a-z]+ <<< \"\$"
)

# What takes the steps that defaults do not.
WHOLE = {"rollback": {"what": "both"}, "publish_endpoint": {"target": "prod"}}
SEVERAL_WORDS = ("settings", "best")
TYPED_IN = [
    pytest.param(file, name, id=f"{file.stem}-{name}")
    for file in WORKFLOWS
    for name, asked in inputs(file).items()
    if "options" not in asked
]


def all_commands(folder: Path) -> set[Command]:
    """Return what all workflows type on main."""
    return {
        command
        for file in WORKFLOWS
        for job in jobs(file, "main", by_hand(file, **WHOLE.get(file.stem, {})), folder)
        for command in job.commands
    }


def test_what_is_typed_is_make_targets_and_verbs_that_run_dry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = all_commands(tmp_path)
    for name, value in VARIABLES["prod"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(REPOSITORY)
    assert [command for command in commands if not runs_dry(command.words)] == []
    assert len(commands) > 20


@pytest.mark.parametrize(
    "file", [*WORKFLOWS, *ACTIONS], ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_nothing_else_is_typed_and_no_input_is_pasted_into_a_line(file: Path) -> None:
    lines = list(runs(read_yaml(file)))
    assert [line for line in lines if "${{" in line] == []
    if file.parent.name != "at_target":
        assert [line for line in lines if not BEGINNINGS.match(line)] == []


@pytest.mark.parametrize(("file", "name"), TYPED_IN)
def test_an_input_is_a_word_or_words_and_never_code(file: Path, name: str, tmp_path: Path) -> None:
    hostile = "'\"hacked ;touch${IFS}hacked $(touch${IFS}hacked) `touch${IFS}hacked` [hacked]*"
    words = hostile.split(" ") if name in SEVERAL_WORDS else [hostile]
    given = by_hand(file, **WHOLE.get(file.stem, {}), **{name: hostile})
    commands = [command for job in jobs(file, "main", given, tmp_path) for command in job.commands]
    holding = [[word for word in command.words if "hacked" in word] for command in commands]
    found = [typed for typed in holding if typed]
    assert found
    for typed in found:
        assert [word.removeprefix("flights_late") for word in typed] == words
    assert list(tmp_path.rglob("hacked")) == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_whoever_signs_in_does_so_by_a_token_of_github_in_an_environment(
    file: Path, tmp_path: Path
) -> None:
    text = file.read_text("utf-8")
    may_sign_in = read_yaml(file)["permissions"].get("id-token") == "write"
    for job in jobs(file, "main", by_hand(file), tmp_path):
        signed_in = [given for action, given in job.used if action == "azure/login@v3"]
        assert len(signed_in) == bool(job.environment) == may_sign_in
        if signed_in:
            assert dict(job.used)[AT_TARGET] == {"target": job.environment}
    assert "secrets." not in text


def test_a_job_signs_in_as_the_application_of_its_target() -> None:
    steps = read_yaml(REPOSITORY / AT_TARGET / "action.yml")["runs"]["steps"]
    (given,) = (step["with"] for step in steps if step.get("uses") == "azure/login@v3")
    assert given == {
        "client-id": "${{ env.AZURE_CLIENT_ID }}",
        "tenant-id": "${{ env.AZURE_TENANT_ID }}",
        "subscription-id": "${{ env.AZURE_SUBSCRIPTION_ID }}",
    }


def test_a_job_at_a_target_has_the_variables_of_its_file(tmp_path: Path) -> None:
    """The action reads the file by its lines: it must read what YAML does."""
    for target, stated in VARIABLES.items():
        file = FOLDER / "publish_endpoint.yml"
        jobs(file, "main", by_hand(file, target=target), tmp_path / target)
        exported = (tmp_path / target / "publish_endpoint" / "publish" / "exported.txt").read_text()
        variables = dict(line.split("=", 1) for line in exported.splitlines())
        assert variables.pop("TARGET") == target
        assert variables.pop("AZURE_TOKEN_CREDENTIALS") == "AzureCliCredential"
        assert variables.pop("RECORDS").endswith("/records")
        assert variables == {name: text for name, text in stated.items() if name.isupper()}


@pytest.mark.parametrize("name", OF_BRANCH)
@pytest.mark.parametrize(("branch", "target"), BRANCHES.items())
def test_the_branch_decides_the_target(name: str, branch: str, target: str, tmp_path: Path) -> None:
    (job,) = jobs(FOLDER / f"{name}.yml", branch, {}, tmp_path)
    assert job.environment == target
    assert {command.words[-1] for command in job.commands if "--target" in command.words[-2:]} == {
        target
    }


@pytest.mark.parametrize("name", ["data", "training"])
def test_the_clock_starts_what_someone_without_wishes_does_in_dev(
    name: str, tmp_path: Path
) -> None:
    """No reviewer of prod is awake at night; GitHub's clock starts the default branch alone."""
    file = FOLDER / f"{name}.yml"
    (on_time,) = jobs(file, "main", {}, tmp_path / "clock", event="schedule")
    (asked_for,) = jobs(file, "develop", by_hand(file), tmp_path / "hand")
    assert on_time.environment == "dev"
    assert on_time.commands == asked_for.commands


def test_a_release_reaches_prod_after_dev_and_from_main_alone(tmp_path: Path) -> None:
    file = FOLDER / "deployment.yml"
    dev, prod = jobs(file, "main", by_hand(file, version=":3"), tmp_path)
    assert (dev.environment, prod.environment, prod.needs) == ("dev", "prod", ["dev"])
    promoted = prod.commands[1].words[3:]
    release = ("--release", "7")
    expected = ("promote", "flights_late:3", "--from", "dev", *release, "--target", "prod")
    assert promoted == expected
    for job, verbs in ((dev, 2), (prod, 3)):
        given = [command.words for command in job.commands if "--release" in command.words]
        assert len(given) == verbs
        assert all(words[words.index("--release") + 1] == "7" for words in given)
    assert not any("submit" in command.words for command in prod.commands), "nothing is made again"
    (alone,) = jobs(file, "develop", by_hand(file), tmp_path / "develop")
    assert alone.environment == "dev"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
@pytest.mark.parametrize("target", ["dev", "prod"])
def test_a_job_that_waits_for_prods_reviewers_holds_up_no_job_of_dev_and_no_roll_back(
    file: Path, target: str, tmp_path: Path
) -> None:
    """A group is held while its job waits, so no two targets and no two workflows share one."""
    asked = {"target": target} if "target" in inputs(file) else {}
    branch = "main" if target == "prod" else "develop"
    assert "concurrency" not in read_yaml(file)
    for job in jobs(file, branch, by_hand(file, **asked), tmp_path):
        assert job.group == (f"{file.stem}-{job.environment}" if job.environment else "")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_what_a_job_leaves_is_kept_when_it_fails_too_under_a_name_of_its_attempt(
    file: Path,
) -> None:
    for name, job in read_yaml(file)["jobs"].items():
        kept = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
        # What the job `difference` has to say is a comment, and in its log.
        assert len(kept) == (name not in ("quality", "difference"))
        for step in kept:
            assert step["if"] == "always()"
            assert step["with"]["name"] == f"{name}-${{{{ github.run_attempt }}}}"


def test_every_action_is_used_and_every_input_read(tmp_path: Path) -> None:
    used = {
        action
        for file in WORKFLOWS
        for job in jobs(file, "main", by_hand(file), tmp_path)
        for action, _ in job.used
    }
    assert {f"./.github/actions/{file.parent.name}" for file in ACTIONS} <= used
    declared = {file: set(inputs(file)) for file in WORKFLOWS}
    declared |= {file: set(read_yaml(file).get("inputs", {})) for file in ACTIONS}
    for file, names in declared.items():
        text = file.read_text("utf-8").replace("inputs.NAME=VALUE", "")
        assert set(re.findall(r"\binputs\.(\w+)", text)) == names


ASKED_FOR_A_TOKEN = """\
curl --silent --show-error --fail --retry 3 --header Authorization: bearer asked \
https://token?a=b&audience=api://AzureADTokenExchange
"""
SIGNED_IN = """\
az login --service-principal --username client --tenant tenant --federated-token ey.J-_ \
--output none
"""
SET = "az account set --subscription subscription\n"


@pytest.mark.parametrize(
    ("failing", "waits", "asked"),
    [
        ("", 2, (ASKED_FOR_A_TOKEN + SIGNED_IN + SET) * 2),
        ("curl", 2, ASKED_FOR_A_TOKEN * 2),
        ("az", 2, (ASKED_FOR_A_TOKEN + SIGNED_IN) * 2),
    ],
)
def test_a_job_stays_signed_in_and_tries_again_after_a_failure(
    failing: str, waits: int, asked: str, tmp_path: Path
) -> None:
    shell = AgentShell(tmp_path)
    wait = f'#!/bin/sh\necho w >> waits\n[ "$1" = 240 ] && [ "$(wc -l < waits)" -le {waits} ]\n'
    shell.stand_in("sleep", wait)
    for name in ("curl", "az"):
        answer = '{"count": 1, "value": "ey.J-_"}' if name == "curl" else ""
        told = f"echo {name} \"$@\" >> told\necho '{answer}'\nexit {int(failing == name)}\n"
        shell.stand_in(name, f"#!/bin/sh\n{told}")
    variables = {
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asked",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token?a=b",
        "AZURE_CLIENT_ID": "client",
        "AZURE_TENANT_ID": "tenant",
        "AZURE_SUBSCRIPTION_ID": "subscription",
    }
    shell.types(f"bash {STAY_SIGNED_IN} > log.txt || true", variables)
    assert (tmp_path / "told").read_text() == asked
    assert ("not signed in again" in (tmp_path / "log.txt").read_text()) == bool(failing)
    assert len((tmp_path / "waits").read_text().split()) == waits + 1


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("a.b == 'x' && 'yes' || 'no'", "yes"),
        ("a.b == 'z' && 'yes' || 'no'", "no"),
        ("a.b != 'z'", "true"),
        ("a.b != 'x'", ""),
        ("a.none || 'more'", "more"),
        ("a.b || 'more'", "x"),
    ],
)
def test_an_expression_is_what_github_takes_it_for(words: str, value: str) -> None:
    assert evaluated(words, {"a.b": "x", "a.none": ""}) == value


@pytest.mark.parametrize("words", ["a.c", "contains(a.b, 'x')", "(a.b == 'x')"])
def test_an_expression_that_is_not_read_is_refused(words: str) -> None:
    with pytest.raises(WorkflowError, match="neither known nor read"):
        evaluated(words, {"a.b": "x"})
