"""What an azureml:// URI means on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.errors import RefusedError
from aml_pipelines.pipeline.references import (
    AssetName,
    DatastorePath,
    JobOutput,
    LocalPath,
    Url,
    asset_name,
    local_folder,
    local_path,
    long_uri,
    parse,
    short_uri,
    with_version,
)

if TYPE_CHECKING:
    from pathlib import Path

SHORT = "azureml://datastores/lake/paths/gold/train"
LONG = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/gold/train"
WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


def test_both_forms_of_a_uri_mean_one_folder(tmp_path: Path) -> None:
    assert local_folder(SHORT, state=tmp_path) == tmp_path / "gold" / "train"
    assert local_folder(LONG, state=tmp_path) == tmp_path / "gold" / "train"


def test_the_forms_turn_into_each_other() -> None:
    assert short_uri(LONG) == SHORT
    assert long_uri(SHORT, WORKSPACE) == LONG
    assert long_uri(LONG, WORKSPACE) == LONG


def test_another_uri_stays_as_it_is() -> None:
    assert short_uri("abfss://lake@account.dfs.core.windows.net/a").startswith("abfss://")
    assert long_uri("abfss://a", WORKSPACE) == "abfss://a"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("azureml://datastores/attic/paths/a", r"'attic' is unknown; there are \['lake', 'work"),
        ("azureml://datastores/lake/paths/../../etc", "leads out of datastore 'lake'"),
        ("abfss://lake@account.dfs.core.windows.net/a", "is not of the form"),
    ],
)
def test_a_uri_that_means_no_folder_here_is_refused(tmp_path: Path, uri: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        local_folder(uri, state=tmp_path)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("azureml:train:3", AssetName("train", "3")),
        ("azureml:train@latest", AssetName("train", label="latest")),
        ("azureml:cpu-cluster", AssetName("cpu-cluster")),
        (f"{WORKSPACE}/data/train/versions/3", AssetName("train", "3")),
        (f"azureml:{WORKSPACE}/data/train/labels/latest", AssetName("train", label="latest")),
        (f"{WORKSPACE}/computes/cpu-cluster", AssetName("cpu-cluster")),
        (SHORT, DatastorePath("lake", "gold/train")),
        (LONG, DatastorePath("lake", "gold/train")),
        ("https://host/rows.csv", Url("https", "https://host/rows.csv")),
        (
            "azureml://registries/r/components/c/labels/latest",
            Url("azureml", "azureml://registries/r/components/c/labels/latest"),
        ),
        ("azureml:a/b", Url("azureml", "azureml:a/b")),
        ("./rows.csv", LocalPath("./rows.csv")),
        ("file:component.yml", LocalPath("component.yml")),
        ("file:///rows.csv", LocalPath("/rows.csv")),
        ("/subscriptions of mine/rows.csv", LocalPath("/subscriptions of mine/rows.csv")),
    ],
)
def test_a_reference_means_one_thing_wherever_it_stands(text: str, meaning: object) -> None:
    assert parse(text) == meaning


def test_ids_and_short_names_mean_the_same_asset() -> None:
    assert asset_name(f"{WORKSPACE}/data/a/versions/1") == asset_name("azureml:a:1")
    assert asset_name(f"azureml:{WORKSPACE}/data/a/labels/latest") == asset_name("azureml:a@latest")
    assert asset_name("azureml://datastores/lake/paths/a") is None
    assert asset_name("azureml:a") is None


@pytest.mark.parametrize(
    ("uri", "meant"),
    [
        ("azureml://jobs/j/outputs/model", JobOutput("j", "model")),
        ("azureml://jobs/j_n/outputs/artifacts/paths/m/x", JobOutput("j_n", "artifacts", "m/x")),
        (LONG.replace("datastores/lake/paths/gold/train", "jobs/j/outputs/o"), JobOutput("j", "o")),
        ("azureml://jobs/j/logs/o", Url("azureml", "azureml://jobs/j/logs/o")),
    ],
)
def test_an_output_of_a_job_is_named_with_or_without_a_path_in_it(uri: str, meant: object) -> None:
    assert parse(uri) == meant
    assert uri.endswith(str(meant).removeprefix("azureml://"))


def test_a_label_gives_way_to_a_version_in_either_form() -> None:
    labelled = f"{WORKSPACE}/components/c/labels/latest"
    assert with_version(labelled, "4") == f"{WORKSPACE}/components/c/versions/4"
    assert with_version("azureml:c@latest", "4") == "azureml:c:4"


def test_only_a_path_of_this_machine_is_a_local_path() -> None:
    assert local_path("file:./component.yml") == "./component.yml"
    assert local_path("azureml:c:1") == local_path("https://host/c.yml") == ""
    assert local_path({"type": "command"}) == local_path(None) == ""
