"""A job is its MLflow run: same name, children, tags, metrics and artifacts."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from aml_pipelines.execution.tracking import TrackedRun
from aml_pipelines.workspace.assets.mlflow_runs import MlflowRuns
from aml_pipelines.workspace.assets.mlflow_setup import prepare_tracking
from aml_pipelines.workspace.serve import serving
from aml_pipelines.workspace.state import StateFolder
from tests.integration.pipelines_elsewhere import run_command, write_target
from tests.integration.workspace_jobs import TARGET
from tests.tracking import EXPERIMENT, lay_tracking

if TYPE_CHECKING:
    from mlflow.entities import Run

SCRIPT = """\
import pathlib, mlflow
mlflow.log_metric("loss", 0.5)
with mlflow.start_run(run_name="inner", nested=True):
    mlflow.log_metric("loss", 0.25)
mlflow.log_text("by mlflow", "note.txt")
pathlib.Path("outputs/model.txt").write_text("kept")
pathlib.Path("logs/more.txt").write_text("logged")
"""
PIPELINE = """\
type: pipeline
experiment_name: flights
tags: {team: red}
display_name: The job
description: Says hello.
jobs:
  node:
    type: command
    command: python script.py
    code: src
    environment: azureml:any:1
    tags: {colour: blue}
    display_name: shown
  fails:
    type: command
    command: echo half > outputs/half.txt && exit 3
    environment: azureml:any:1
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_target(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "script.py").write_text(SCRIPT)
    (tmp_path / "job.yml").write_text(PIPELINE)
    return tmp_path / "lake"


def run(lake: Path) -> str:
    """Run the pipeline, and return the name of the run."""
    run_command("run", lake.parent / "job.yml", "--target", lake.parent / "local.yml")
    record = max((lake / "runs").glob("*/run.json"), key=lambda file: file.stat().st_mtime)
    return str(json.loads(record.read_text())["run_id"])


def client(lake: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{StateFolder(lake).mlflow_database}")


def children(lake: Path, parent: str) -> dict[str, Run]:
    experiment = client(lake).get_experiment_by_name(EXPERIMENT)
    assert experiment
    found = client(lake).search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent}'"
    )
    return {run.info.run_name: run for run in found}


@pytest.mark.slow
def test_a_job_and_its_nodes_are_mlflow_runs_by_their_own_names(lake: Path) -> None:
    first = run(lake)
    runs, nodes = client(lake), children(lake, first)
    job = runs.get_run(first)
    assert job.info.status == "FAILED"
    assert (job.info.run_name, job.data.tags["team"]) == ("The job", "red")
    assert job.data.tags["mlflow.note.content"] == "Says hello."
    assert sorted(nodes) == ["fails", "shown"]
    node, fails = nodes["shown"], nodes["fails"]
    assert (node.info.run_id, node.info.status) == (f"{first}_node", "FINISHED")
    assert (fails.info.run_id, fails.info.status) == (f"{first}_fails", "FAILED")
    assert node.data.metrics == {"loss": 0.5}
    assert (node.data.tags["colour"], node.data.tags["mlflow.rootRunId"]) == ("blue", first)
    assert children(lake, f"{first}_node")["inner"].data.metrics == {"loss": 0.25}
    artifacts = StateFolder(lake).artifacts(f"{first}_node")
    kept = {str(file.relative_to(artifacts)): file.read_text() for file in _files(artifacts)}
    assert kept == {
        "note.txt": "by mlflow",
        "outputs/model.txt": "kept",
        "logs/more.txt": "logged",
    }
    assert sorted(item.path for item in runs.list_artifacts(node.info.run_id)) == [
        "logs",
        "note.txt",
        "outputs",
    ]
    half = StateFolder(lake).artifacts(f"{first}_fails") / "outputs" / "half.txt"
    assert half.read_text() == "half\n"

    again = run(lake)
    reused = children(lake, again)["shown"]
    assert reused.data.metrics == {"loss": 0.5}
    copied = StateFolder(lake).artifacts(f"{again}_node") / "outputs" / "model.txt"
    assert copied.read_text() == "kept"


def test_a_run_has_the_columns_that_mlflow_gives_a_run_of_its_own(tmp_path: Path) -> None:
    lay_tracking(tmp_path)
    runs = MlflowRuns(tmp_path, lambda: None)
    runs.begin(TrackedRun("ours", EXPERIMENT, "shown"))
    runs.end("ours", "FINISHED")
    experiment = client(tmp_path).get_experiment_by_name(EXPERIMENT)
    assert experiment
    theirs = client(tmp_path).create_run(experiment.experiment_id, run_name="shown")
    client(tmp_path).set_terminated(theirs.info.run_id)
    with closing(sqlite3.connect(StateFolder(tmp_path).mlflow_database)) as database:
        database.row_factory = sqlite3.Row
        rows = {row["run_uuid"]: dict(row) for row in database.execute("SELECT * FROM runs")}
    differing = {
        key for key, value in rows["ours"].items() if value != rows[theirs.info.run_id][key]
    }
    assert differing <= {"run_uuid", "artifact_uri", "start_time", "end_time", "user_id"}


@pytest.mark.parametrize(
    ("displayed", "named", "shown"),
    [("train", "ridge", "ridge"), ("train", "train", "train"), ("mine", "ridge", "mine")],
)
def test_a_reused_run_has_the_name_that_code_gave_the_earlier_one(
    tmp_path: Path, displayed: str, named: str, shown: str
) -> None:
    lay_tracking(tmp_path)
    runs = MlflowRuns(tmp_path, lambda: None)
    runs.begin(TrackedRun("one_train", EXPERIMENT, "train"))
    client(tmp_path).set_tag("one_train", "mlflow.runName", named)
    runs.end("one_train", "FINISHED")
    runs.begin(TrackedRun("two_train", EXPERIMENT, displayed))
    runs.copy("one_train", "two_train")
    runs.end("two_train", "FINISHED")
    found = client(tmp_path).get_run("two_train")
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == (shown, shown)


def test_a_model_that_a_script_registered_by_a_path_is_copied_when_the_script_ends(
    tmp_path: Path,
) -> None:
    lake, elsewhere = tmp_path / "lake", tmp_path / "elsewhere"
    lay_tracking(lake)
    kept = lake / "models" / "kept"
    for folder in (elsewhere, kept):
        folder.mkdir(parents=True)
        (folder / "MLmodel").write_text("flavors: {}\n")
    models = client(lake)
    for name, source in (("passing", elsewhere), ("kept", kept)):
        models.create_registered_model(name)
        models.create_model_version(name, source.as_uri())
    runs = MlflowRuns(lake, lambda: None)
    runs.begin(TrackedRun("job", EXPERIMENT, "shown"))
    runs.end("job", "FINISHED")
    shutil.rmtree(elsewhere)
    copy = Path(models.get_model_version_download_uri("passing", "1").removeprefix("file://"))
    assert (copy / "MLmodel").read_text() == "flavors: {}\n"
    assert models.get_model_version_download_uri("kept", "1") == kept.as_uri()


def test_an_experiment_has_the_columns_that_mlflow_gives_one_of_its_own(tmp_path: Path) -> None:
    lay_tracking(tmp_path)
    prepare_tracking(tmp_path, ["ours"])
    client(tmp_path).create_experiment("theirs", "file:///there")
    with closing(sqlite3.connect(StateFolder(tmp_path).mlflow_database)) as database:
        database.row_factory = sqlite3.Row
        rows = {row["name"]: dict(row) for row in database.execute("SELECT * FROM experiments")}
    ours, theirs = rows["ours"], rows["theirs"]
    differing = {key for key in ours if ours[key] != theirs[key]}
    times = {"creation_time", "last_update_time"}
    assert differing <= {"name", "experiment_id", "artifact_location", *times}
    assert all(isinstance(ours[key], int) for key in times)


@pytest.mark.slow
def test_another_mlflow_reaches_the_same_runs_by_the_workspaces_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_tracking(tmp_path)
    with serving(TARGET, state=tmp_path, log=tmp_path / "workspace.log") as served:
        served.wait_ready()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.env["REQUESTS_CA_BUNDLE"])
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", served.env["IDENTITY_HEADER"])
        by_address = MlflowClient(f"{served.env['AZUREML_DEV_URL_MFE']}/mlflow")
        experiment = by_address.get_experiment_by_name(EXPERIMENT)
        assert experiment
        run = by_address.create_run(experiment.experiment_id)
        by_address.log_metric(run.info.run_id, "loss", 0.5)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "another")
        with pytest.raises(MlflowException, match="InvalidAuthenticationToken"):
            by_address.get_run(run.info.run_id)
    assert client(tmp_path).get_run(run.info.run_id).data.metrics == {"loss": 0.5}


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]
