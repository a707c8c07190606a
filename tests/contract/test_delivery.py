"""Delivery does what people do at home: every step of a pipeline is a make target or a verb."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import yaml

from conf.model import load_model
from tests.contract.agent_shell import runs_dry
from tests.contract.files import REPOSITORY, read_yaml
from tests.contract.pipeline_lines import (
    DEVOPS,
    PREDEFINED,
    VARIABLES,
    VERB,
    filled,
    scripts,
    stages,
    target_of,
    typed,
)
from tests.contract.pipelines_expanded import Expansion

if TYPE_CHECKING:
    from pathlib import Path

PIPELINES = sorted(DEVOPS.glob("*.yml"))
BRANCHES = {"refs/heads/main": "prod", "refs/heads/develop": "dev", "refs/heads/feature/x": "dev"}
OF_BRANCH = ("data", "training", "environment")
# What takes the steps that defaults do not.
WHOLE = {"rollback": {"what": "both", "target": "prod"}, "publish_endpoint": {"target": "prod"}}

TYPED = sorted(
    {
        line
        for file in PIPELINES
        for branch in BRANCHES
        for line in typed(file, branch)
        + (typed(file, branch, **WHOLE[file.stem]) if file.stem in WHOLE else [])
    }
)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES["prod"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(REPOSITORY)


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize("line", TYPED)
def test_a_step_is_a_make_target_or_a_verb_that_runs_dry(line: str) -> None:
    assert runs_dry(shlex.split(line.partition(" > ")[0]))


@pytest.mark.parametrize("name", OF_BRANCH)
@pytest.mark.parametrize(("branch", "target"), BRANCHES.items())
def test_the_branch_decides_the_target(name: str, branch: str, target: str) -> None:
    (stage,) = stages(DEVOPS / f"{name}.yml", branch)
    assert target_of(stage) == target


def test_a_release_goes_to_dev_and_then_with_the_same_model_to_prod_from_main_alone() -> None:
    file = DEVOPS / "deployment.yml"
    dev, prod = stages(file, "refs/heads/main", version=":3")
    assert (target_of(dev), target_of(prod), prod["dependsOn"]) == ("dev", "prod", ["dev"])
    assert [target_of(stage) for stage in stages(file, "refs/heads/develop")] == ["dev"]
    lines = list(scripts(prod))
    promoted = next(number for number, line in enumerate(lines) if " promote " in line)
    assert " promote flights_late:3 --from dev --release $(Build.BuildId) " in lines[promoted]
    assert all(" submit " not in line for line in lines), "nothing is made again"
    assert " deploy online --model flights_late --release $(Build.BuildId) " in lines[promoted + 2]


@pytest.mark.parametrize("attempt", ["1", "2"])
def test_both_stages_of_a_release_know_it_by_the_same_id_and_a_stage_that_is_run_again_too(
    attempt: str,
) -> None:
    variables = VARIABLES["prod"] | PREDEFINED | {"System.StageAttempt": attempt}
    given = [
        [line.split()[3:5] for line in scripts(stage) if " --release 7 " in filled(line, variables)]
        for stage in stages(DEVOPS / "deployment.yml", "refs/heads/main")
    ]
    deployed = [["deploy", "online"], ["deploy", "batch"]]
    assert given == [deployed, [["promote", "flights_late"], *deployed]]


@pytest.mark.parametrize("name", ["data", "training"])
def test_the_clock_runs_a_pipeline_in_dev_where_no_approval_is_waited_for(name: str) -> None:
    (clock,) = read_yaml(DEVOPS / f"{name}.yml")["schedules"]
    (branch,) = clock["branches"]["include"]
    (stage,) = stages(DEVOPS / f"{name}.yml", f"refs/heads/{branch}")
    assert target_of(stage) == "dev"


def test_prod_alone_is_put_on_the_clock_of_azure_ml() -> None:
    """In dev the nightly pipeline runs the same, and two clocks would be two writers."""
    for target, schedules in (("dev", []), ("prod", ["data_daily batch_inference_hourly"])):
        lines = typed(DEVOPS / "publish_endpoint.yml", "refs/heads/main", target=target)
        given = [line.partition(" schedule ")[2] for line in lines if " schedule " in line]
        assert [text.partition(" --")[0] for text in given] == schedules


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_what_is_published_is_what_was_deployed_and_nothing_is_deployed_anew(target: str) -> None:
    given = {"target": target, "traffic": "50"}
    lines = typed(DEVOPS / "publish_endpoint.yml", "refs/heads/main", **given)
    deploying = [line.partition(" > ")[0] for line in lines if " deploy " in line]
    assert deploying == [f"{VERB}deploy online --newest --traffic 50 --target {target}"]


@pytest.mark.parametrize("file", PIPELINES, ids=lambda file: file.stem)
def test_what_reaches_a_target_waits_for_the_approvals_of_its_environment(file: Path) -> None:
    for stage in stages(file, "refs/heads/main"):
        for job in stage["jobs"]:
            signs_in = "AzureCLI@2" in str(job)
            assert signs_in == ("deployment" in job)
            if signs_in:
                assert job["environment"] == f"mlpipelines-{target_of(stage)}"


@pytest.mark.parametrize("branch", BRANCHES)
@pytest.mark.parametrize("file", PIPELINES, ids=lambda file: file.stem)
def test_the_agent_and_the_connection_of_a_target_are_known_before_anything_runs(
    file: Path, branch: str
) -> None:
    """Azure DevOps authorises a run by them, and fills in no variable of a stage until later."""
    expanded = Expansion(branch).pipeline(file, dict(WHOLE.get(file.stem, {})))
    for stage in expanded["stages"]:
        used = set(re.findall(r"'azureSubscription': '([^']*)'", str(stage)))
        pools = set(re.findall(r"'vmImage': '([^']*)'", str([expanded.get("pool"), stage])))
        assert used == (set() if file.stem in {"ci", "nightly"} else {f"azure-{target_of(stage)}"})
        assert pools == {"ubuntu-24.04"}


@pytest.mark.parametrize("pipeline", ["data", "training"])
@pytest.mark.parametrize("attempt", ["1", "2"])
def test_a_stage_that_is_run_again_submits_another_job_and_records_that_one(
    pipeline: str, attempt: str
) -> None:
    (stage,) = stages(DEVOPS / f"{pipeline}.yml", "refs/heads/main")
    variables = VARIABLES["prod"] | PREDEFINED | {"System.StageAttempt": attempt}
    lines = [filled(line, variables) for line in scripts(stage)]
    (submitted,) = (line for line in lines if " submit " in line)
    (recorded,) = (line for line in lines if " status " in line)
    assert f" --name {pipeline}-7-{attempt} " in submitted
    assert f" status {pipeline}-7-{attempt} " in recorded


def test_a_run_is_as_of_now_unless_whoever_starts_it_says_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stated = {"settings": "--set inputs.as_of=2014-01-01T00:00:00Z"}
    as_of = []
    before = datetime.now(UTC).replace(microsecond=0)
    for given in ({}, stated):
        lines = typed(DEVOPS / "data.yml", "refs/heads/develop", **given)
        (submit,) = (line for line in lines if " submit " in line)
        capsys.readouterr()
        assert runs_dry(shlex.split(submit))
        as_of.append(yaml.safe_load(capsys.readouterr().out)["inputs"]["as_of"])
    now = datetime.strptime(as_of[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert before <= now <= datetime.now(UTC)
    assert as_of[1] == "2014-01-01T00:00:00Z"


@pytest.mark.parametrize("pipeline", ["data", "training"])
def test_what_became_of_a_job_is_recorded_of_one_that_failed_too(pipeline: str) -> None:
    (stage,) = stages(DEVOPS / f"{pipeline}.yml", "refs/heads/main")
    steps = stage["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    by_title = {str(step.get("displayName")): step.get("condition") for step in steps}
    assert by_title[f"Run {pipeline}"] == "succeeded()"
    assert by_title[f"Record {pipeline}"] == "always()"


def expanded_everywhere() -> list[Expansion]:
    """Expand every pipeline on every branch, with what takes the steps that defaults do not."""
    expansions = [Expansion(branch) for branch in BRANCHES]
    for expansion in expansions:
        for file in PIPELINES:
            expansion.pipeline(file)
        for name, given in WHOLE.items():
            expansion.pipeline(DEVOPS / f"{name}.yml", dict(given))
    return expansions


def test_every_template_and_file_of_variables_is_used_by_some_pipeline() -> None:
    used = {file for expansion in expanded_everywhere() for file in expansion.files}
    assert used - set(PIPELINES) == set(DEVOPS.glob("*/*.yml"))


def test_every_parameter_is_read() -> None:
    expansions = expanded_everywhere()
    used = {file for expansion in expansions for file in expansion.files}
    declared = {
        (file, str(item["name"])) for file in used for item in read_yaml(file).get("parameters", [])
    }
    assert declared == {name for expansion in expansions for name in expansion.read}


def test_a_target_has_the_variables_that_its_file_reads() -> None:
    for name, stated in VARIABLES.items():
        text = (REPOSITORY / "conf" / "targets" / f"{name}.yml").read_text("utf-8")
        assert set(re.findall(r"\$\{([A-Z_]+)", text)) <= set(stated)
        assert stated["target"] == name


def test_a_service_principal_signs_in_by_a_secret_that_is_given_by_name() -> None:
    file = DEVOPS / "templates" / "az_login.yml"
    given = {"target": "dev", "verb": "runs training", "title": "Runs"}
    given |= {"sign_in": "service_principal"}
    (step,) = Expansion("refs/heads/main").pipeline(file, given)["steps"]
    assert step["script"] == f"{VERB}runs training"
    assert step["env"] == {"AZURE_CLIENT_SECRET": "$(AZURE_CLIENT_SECRET)"}


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_a_stage_that_signs_in_by_a_secret_takes_in_that_of_its_target_alone(target: str) -> None:
    file = DEVOPS / "templates" / "at_target.yml"
    verb = {"script": "verb", "env": {"AZURE_CLIENT_SECRET": "$(AZURE_CLIENT_SECRET)"}}
    given = {"stage": "one", "target": target, "steps": [verb], "sign_in": "service_principal"}
    (stage,) = Expansion("refs/heads/main").pipeline(file, given)["stages"]
    assert stage["variables"][1:] == [{"group": f"mlpipelines-{target}"}]
    steps = stage["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    assert [step for step in steps if "SECRET" in str(step)] == [verb]


def test_no_group_of_secrets_is_taken_in_where_nobody_asks_for_one() -> None:
    for branch in BRANCHES:
        for file in PIPELINES:
            document = Expansion(branch).pipeline(file, dict(WHOLE.get(file.stem, {})))
            assert "'group':" not in str(document)
            assert "SECRET" not in str(document)


def test_a_stage_and_its_verbs_sign_in_the_same_way() -> None:
    templates = [
        read_yaml(DEVOPS / "templates" / f"{name}.yml") for name in ("at_target", "az_login")
    ]
    at_target, az_login = (
        {item["name"]: item for item in template["parameters"]}["sign_in"] for template in templates
    )
    assert at_target == az_login


def test_the_smoke_test_has_every_feature_of_the_model() -> None:
    features = set(load_model("flights_late").features)
    rows = json.loads((DEVOPS / "smoke" / "rows.json").read_text("utf-8"))["rows"]
    assert [set(row) for row in rows] == [features, features]


def test_the_first_release_brings_raw_files_and_makes_what_dev_needs_before_prod() -> None:
    """A release begins with dev's champion, and a data run with raw files in the lake."""
    page = (REPOSITORY / "docs" / "delivery.md").read_text("utf-8")
    section = page.partition("## The first release\n")[2].partition("\n## ")[0]
    steps = [
        "upload .lake/raw --target dev",
        "From `develop`: environment, data, training",
        "From `main`: environment and data",
        "From `main`: deployment",
        "publish_endpoint, at prod",
    ]
    assert sorted(steps, key=section.index) == steps
