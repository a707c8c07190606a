"""AutoML is refused by name unless FLAML may stand in, which says so in all that it makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from mlflow import MlflowClient, sklearn

from aml_pipelines.workspace.state import StateFolder
from tests.integration.pipelines_elsewhere import run_command, write_target

if TYPE_CHECKING:
    import subprocess

MLTABLE = """\
type: mltable
paths: [{file: ./rows.csv}]
transformations: [{read_delimited: {delimiter: ","}}]
"""
JOB = """\
type: pipeline
experiment_name: flights
inputs: {rows: {type: mltable, path: table}}
jobs:
  search:
    type: automl
    task: classification
    target_column_name: label
    primary_metric: accuracy
    training_data: ${{parent.inputs.rows}}
    featurization: {mode: custom, column_name_and_types: {noise: Ignore, day: Ignore}}
    training: {allowed_training_algorithms: [light_gbm], enable_vote_ensemble: true}
    limits: {max_trials: 2}
    n_cross_validations: 2
    outputs: {best_model: {type: mlflow_model}}
  ahead:
    type: automl
    task: forecasting
    target_column_name: sales
    training_data: ${{parent.inputs.rows}}
    featurization: {mode: custom, column_name_and_types: {noise: Ignore, label: Ignore}}
    forecasting: {time_column_name: day, forecast_horizon: 3}
    limits: {max_trials: 1}
"""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_target(tmp_path)
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "MLTable").write_text(MLTABLE)
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=80)]
    rows = [f"{day},{at % 7},{at},{int(at % 7 > 3)}" for at, day in enumerate(days)]
    (tmp_path / "table" / "rows.csv").write_text("\n".join(["day,sales,noise,label", *rows]))
    (tmp_path / "job.yml").write_text(JOB)
    return tmp_path / "lake"


def run(lake: Path, *words: str) -> subprocess.CompletedProcess[str]:
    job, target = str(lake.parent / "job.yml"), str(lake.parent / "local.yml")
    return run_command("run", job, "--target", target, *words)


def test_automl_is_refused_before_anything_starts(lake: Path) -> None:
    ended = run(lake)
    assert ended.returncode == 2
    assert "job.yml:5: job 'search' is of type 'automl', which only Azure's service runs" in (
        ended.stderr
    )
    assert "add --stand-in automl=flaml" in ended.stderr
    assert not (lake / "runs").exists()


@pytest.mark.slow
def test_flaml_searches_in_its_place_and_everything_it_makes_says_so(lake: Path) -> None:
    ended = run(lake, "--stand-in", "automl=flaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (file,) = (lake / "runs").glob("*/run.json")
    record = json.loads(file.read_text())
    search, run_id = record["nodes"]["search"], record["run_id"]
    tracked = MlflowClient(f"sqlite:///{StateFolder(lake).mlflow_database}")
    node = tracked.get_run(f"{run_id}_search")
    assert node.data.tags["stand_in"].startswith("flaml ")
    assert 0.5 < node.data.metrics["accuracy"] <= 1
    best = tracked.get_run(search["properties"]["best_child_run_id"])
    assert best.data.tags["stand_in"] == search["properties"]["stand_in"]
    assert best.data.tags["mlflow.parentRunId"] == f"{run_id}_search"
    assert best.data.metrics["accuracy"] == node.data.metrics["accuracy"]
    assert best.data.params["learner"] == "lgbm"
    trials = tracked.search_runs(
        [node.info.experiment_id], f"tags.mlflow.parentRunId = '{run_id}_search'"
    )
    assert len(trials) == 2
    assert "not carried out: training.enable_vote_ensemble" in Path(search["log"]).read_text()
    model = sklearn.load_model(search["outputs"]["best_model"])
    assert list(model.predict(pd.DataFrame({"sales": [0, 6]}))) == [0, 1]
    ahead = Path(record["nodes"]["ahead"]["log"]).read_text()
    assert "limits.max_trials is 2 here, the fewest that flaml scores" in ahead
    kept = StateFolder(lake).artifacts(f"{run_id}_ahead") / "outputs" / "mlflow-model" / "MLmodel"
    assert "stands_in_for" in kept.read_text()
