"""A target states a closed list of what may differ between places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aml_pipelines import targets
from conf.document import ConfError
from conf.target import REPOSITORY, TARGETS
from conf.target_file import load_target, read_target

if TYPE_CHECKING:
    from pathlib import Path

WORKSPACE = "workspace: {subscription_id: s, resource_group: g, name: w}\n"


@pytest.mark.parametrize("file", sorted(TARGETS.glob("*.yml")), ids=lambda file: file.stem)
def test_every_target_of_this_repository_loads(file: Path) -> None:
    assert load_target(file.stem).name == file.stem


def test_the_lake_of_this_machine_is_a_folder_of_the_repository() -> None:
    target = load_target("local")
    assert (target.is_local, target.lake) == (True, str(REPOSITORY / ".lake"))


def test_a_local_target_keeps_its_state_with_the_lake_or_beside_a_lake_that_is_no_folder() -> None:
    local, azurite, dev = (load_target(name) for name in ("local", "azurite", "dev"))
    assert (local.has_folder, local.state) == (True, local.lake)
    assert (azurite.is_local, azurite.has_folder) == (True, False)
    assert azurite.state == str(REPOSITORY / ".lake-azurite")
    assert dev.state == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lake: x\ncompute: big\n", r"unknown keys \['compute'\]"),
        (f"lake: x\n{WORKSPACE}spark: {{memory: 4g}}\n", r"unknown keys \['memory'\]"),
        (WORKSPACE, "key 'lake' is missing"),
        (f"lake: x\n{WORKSPACE}identity: {{type: me}}\n", "is one of"),
        (f"lake: x\n{WORKSPACE}identity: {{client_id: c}}\n", "only an identity of type 'managed'"),
        (f"lake: 'abfss://a@b'\n{WORKSPACE}", "key 'instance_type' is missing"),
        (f"lake: 'abfss://a@b'\n{WORKSPACE}spark: {{pool: p, runtime_version: '3'}}\n", "unknown"),
        (f"lake: x\n{WORKSPACE}environments: {{train: 2}}\n", "takes a str"),
        (f"lake: x\n{WORKSPACE}inputs: {{days: [1]}}\n", "takes one plain value"),
        (f"lake: x\nstate: y\n{WORKSPACE}", "key 'state' goes with a lake that is a URI"),
        (f"lake: 'abfs://a@b'\n{WORKSPACE}spark: {{master: local}}\n", "key 'state' is missing"),
    ],
)
def test_what_a_target_may_not_say_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "local.yml"
    file.write_text(text)
    with pytest.raises(ConfError, match=told):
        read_target(file)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "dev.yml"
    file.write_text("lake: abfss://a@b\nidentity: {type: me}\ncompute: big\n")
    with pytest.raises(ConfError) as told:
        read_target(file)
    lines = str(told.value).splitlines()
    assert [re.split(r": |;", line.removeprefix(str(file)))[:2] for line in lines] == [
        [":3", "unknown keys ['compute']"],
        ["", "workspace"],
        ["", "spark"],
        [":2", "identity"],
    ]


def test_variables_are_filled_in_and_those_that_are_lacking_are_named_together(
    tmp_path: Path,
) -> None:
    file = tmp_path / "dev.yml"
    file.write_text(
        "lake: abfss://lake@${ACCOUNT}.dfs.core.windows.net\n"
        "workspace: {subscription_id: '${SUBSCRIPTION}', resource_group: g, name: w}\n"
        "spark: {instance_type: standard_e4s_v3, runtime_version: '3.5'}\n"
        "identity: {type: managed, client_id: '${CLIENT:-}'}\n"
        "experiment: ${EXPERIMENT:-nightly}\n"
    )
    target = read_target(file, {"ACCOUNT": "ourlake", "EMPTY": ""})
    assert target.lake == "abfss://lake@ourlake.dfs.core.windows.net"
    assert (target.identity.client_id, target.experiment) == ("", "nightly")
    with pytest.raises(
        ConfError, match=r"workspace.subscription_id: the variable SUBSCRIPTION is not set"
    ):
        target.require_complete()
    read_target(file, {"ACCOUNT": "ourlake", "SUBSCRIPTION": "s"}).require_complete()


def test_the_example_targets_are_to_be_filled_in_before_anything_is_sent() -> None:
    with pytest.raises(ConfError, match=r"examplelakedev.* is this repository's example"):
        load_target("dev", {"AZURE_SUBSCRIPTION_ID": "s"}).require_complete()


@pytest.mark.parametrize("name", ["dev", "prod", "template"])
def test_endpoints_under_a_name_that_others_have_too_are_to_be_renamed(name: str) -> None:
    told = [item for item in load_target(name).lacking if item.startswith("endpoints.")]
    stated = load_target(name).endpoints
    assert told == [
        f"endpoints.{kind}: {given!r} is this repository's example; choose your own, for it is "
        "unique in its region"
        for kind, given in (("batch", stated.batch), ("online", stated.online))
    ]


def test_a_target_with_names_of_its_own_lacks_nothing_and_one_here_may_keep_the_examples(
    tmp_path: Path,
) -> None:
    file = tmp_path / "dev.yml"
    file.write_text(
        "lake: abfss://lake@ourlake.dfs.core.windows.net\n"
        "workspace: {subscription_id: s, resource_group: g, name: w}\n"
        "spark: {instance_type: standard_e4s_v3, runtime_version: '3.5'}\n"
        "endpoints: {batch: flights-mlpipelines-dev-batch}\n"
    )
    assert read_target(file).lacking == ()
    assert load_target("local").lacking == ()


def test_every_variable_of_a_target_stands_in_the_example_of_dotenv() -> None:
    listed = set(
        re.findall(r"^([A-Z_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    )
    named = {
        name
        for file in TARGETS.glob("*.yml")
        for name in re.findall(r"^[^#]*\$\{([A-Z_]+)", file.read_text(), re.MULTILINE)
    }
    assert named - listed == set()
    assert named


def test_the_environment_wins_over_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("JOBS_CLIENT_ID=from-the-file\nSYNAPSE_POOL_ID=pool\nEMPTY=\n")
    monkeypatch.setattr(targets, "REPOSITORY", tmp_path)
    monkeypatch.setenv("JOBS_CLIENT_ID", "from-the-shell")
    found = targets.variables()
    assert found["JOBS_CLIENT_ID"] == "from-the-shell"
    assert found["SYNAPSE_POOL_ID"] == "pool"
    assert "EMPTY" not in found


def test_a_target_names_local_copies_of_data_elsewhere_below_the_repository(
    tmp_path: Path,
) -> None:
    file = tmp_path / "here.yml"
    data = "data: {'https://h/a.csv': copies/a.csv, 'azureml://datastores/theirs': /theirs}\n"
    file.write_text(f"lake: lake\n{WORKSPACE}{data}")
    assert read_target(file).data == {
        "https://h/a.csv": f"{REPOSITORY}/copies/a.csv",
        "azureml://datastores/theirs": "/theirs",
    }
