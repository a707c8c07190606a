"""The whole job on a lake behind Azure Storage's API: real ABFS driver, Delta and mltable."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from aml_pipelines.azurite.lake import serving_lake
from aml_pipelines.workspace.assets.registry import Registry
from tests.azurite_target import LAKE, azurite_target
from tests.e2e.lake_runs import DIABETES, SPLITS, command, stored_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.storage.blob import ContainerClient

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]
READABLE = "abfss://lake@azuritetests.dfs.core.windows.net"
PUBLISHED = "azureml://datastores/lake/paths/published"
# What a writer leaves that ends before its commit, and within its first file.
LEFT = f"silver/diabetes/valid/part-00000-{uuid.uuid4()}-c000.snappy.parquet"
PIPELINES = ["data", "data", "training", "batch_inference", "monitoring"]
NODES = {"data": 5, "training": 5, "batch_inference": 8, "monitoring": 7}


class Done(NamedTuple):
    """What all runs have printed and recorded, and the lake afterwards, by Azure's own client."""

    text: str
    runs: list[dict[str, Any]]
    state: Path
    container: ContainerClient
    care: dict[str, Any]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Run data twice, then all other pipelines, on 400 patients and 42 to be scored."""
    state = tmp_path_factory.mktemp("azurite") / "state"
    to = f"--target={azurite_target(state.parent)}"
    sampled = command("sample", "diabetes", to)
    assert sampled.stdout == f"diabetes: 2 files in {LAKE}/raw\n", sampled.stderr
    ended = command("run", *PIPELINES, *DIABETES, to)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    runs = [json.loads(file.read_text()) for file in sorted(state.glob("runs/*/run.json"))]
    runs.sort(key=lambda run: str(run["started"]))
    with serving_lake(LAKE, state) as lake:
        lake.container.upload_blob(LEFT, b"PAR1")
    cared = command("care", "--remove", "--json", to)
    assert cared.returncode == 0, cared.stderr
    care = json.loads(cared.stdout)
    with serving_lake(LAKE, state) as lake:
        yield Done(ended.stdout + ended.stderr, runs, state, lake.container, care)


def test_every_pipeline_completes(done: Done) -> None:
    assert [run["pipeline"] for run in done.runs] == PIPELINES
    for run in done.runs:
        statuses = [node["status"] for node in run["nodes"].values()]
        assert (run["status"], statuses) == ("Completed", ["Completed"] * NODES[run["pipeline"]])


def test_what_a_crash_left_in_a_table_is_removed_and_nothing_else(done: Done) -> None:
    removed = {place: told["paths"] for place, told in done.care["places"].items() if told["paths"]}
    assert removed == {"files of tables": [LEFT]}
    assert not done.container.get_blob_client(LEFT).exists()


def test_every_patient_is_scored_exactly_once(done: Done) -> None:
    scores = stored_rows(done.container, "gold/diabetes/scores")
    assert sorted(row["patient"] for row in scores) == list(range(400, 442))
    assert all(0 < row["score"] < 400 for row in scores)
    assert {(row["model_name"], row["model_version"]) for row in scores} == {
        ("diabetes_progression", "1")
    }


def test_tables_are_registered_pinned_to_a_version_under_a_path_that_mltable_reads(
    done: Done,
) -> None:
    receipt = done.runs[0]["nodes"]["split"]["receipt"]
    for split in SPLITS:
        asset = Registry(done.state).data_asset(f"diabetes_{split}")
        assert (asset.version, asset.type) == ("1", "mltable")
        assert asset.path.startswith(f"{PUBLISHED}/")
        folder = asset.path.partition("/paths/")[2]
        definition = yaml.safe_load(done.container.download_blob(f"{folder}/MLTable").readall())
        assert definition["paths"] == [{"folder": f"{READABLE}/gold/diabetes/{split}"}]
        version = receipt["tables"][f"diabetes/{split}"]["version"]
        assert definition["transformations"] == [{"read_delta_lake": {"version_as_of": version}}]
        card = json.loads(done.container.download_blob(f"{folder}/asset.json").readall())
        assert (card["name"], card["version"]) == (f"diabetes_{split}", "1")


def test_data_again_commits_nothing(done: Done) -> None:
    first, again = [tables_of(run) for run in done.runs[:2]]
    assert first == again
    assert "(0 newly registered)" in done.text
    rows = done.runs[0]["nodes"]["split"]["receipt"]["tables"]["diabetes/test"]["rows_out"]
    for run, read in zip(done.runs[:2], (rows, 0), strict=True):
        log = Path(run["nodes"]["publish_mltable"]["log"]).read_text("utf-8")
        assert f"test: {read} rows read to tell of {rows}\n" in log


def test_the_champion_is_in_the_lake_too(done: Done) -> None:
    compared = done.runs[2]["nodes"]["compare"]["outputs"]["model"]
    path = compared.partition("/paths/")[2]
    assert done.container.get_blob_client(f"{path}/MLmodel").exists()


def test_the_recorded_command_is_the_one_that_ran_with_a_copy_in_place_of_a_mount(
    done: Done,
) -> None:
    run = done.runs[2]
    command_line = run["nodes"]["train_1"]["command"]
    assert f"--train {done.state}/runs/{run['run_id']}/train_1/inputs/train " in command_line


def test_no_node_asked_for_a_host_of_the_internet(done: Done) -> None:
    assert "refused" not in done.text


def tables_of(run: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Return URI, id and version of every table on the receipts of a run."""
    receipts = [node["receipt"] for node in run["nodes"].values()]
    return {
        (table["uri"], table["id"], table["version"])
        for receipt in receipts
        for table in receipt["tables"].values()
    }
