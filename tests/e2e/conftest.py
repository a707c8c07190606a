"""One lake on which everything happens once, in order; each stage is what the next one finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.e2e.lake_runs import (
    ALL,
    DIABETES,
    REPOSITORY,
    Ended,
    Held,
    command,
    held,
    make_lake,
    run,
)
from tests.rooms import copy_rooms

if TYPE_CHECKING:
    from pathlib import Path

WORSE = """
dataset: diabetes
task: regression
features: {numeric: [age, sex, bmi, bp, s1, s2, s3, s4, s5, s6]}
candidates:
  nothing: {estimator: sklearn.dummy.DummyRegressor}
  little: {estimator: sklearn.linear_model.Ridge, parameters: {alpha: 1000000.0}}
  median: {estimator: sklearn.dummy.DummyRegressor, parameters: {strategy: median}}
metric: rmse
gate: {minimum: 1000, resamples: 200, slice_tolerance: 10.0}
seed: 442
"""
# The receipt and the model that the finished run has left, scored on Spark's own workers.
SCORE_ON_SPARK = """
type: pipeline
jobs:
  score_spark:
    type: spark
    component: {component}
    inputs:
      batch: {{type: uri_folder, mode: direct, path: {batch}}}
      model: {{type: mlflow_model, mode: direct, path: {model}}}
      model_name: diabetes_progression
    resources: {{instance_type: standard_e4s_v3, runtime_version: "3.5"}}
"""


class Stage(NamedTuple):
    """A stage of the lake: how its command ended, and what the lake held right after it."""

    lake: Path
    ended: Ended
    held: Held


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Run the whole job on the sample: 400 patients with an outcome, 42 to be scored."""
    lake = make_lake(tmp_path_factory.mktemp("diabetes"))
    assert command("sample", "diabetes", "--lake", str(lake)).returncode == 0
    return Stage(lake, run(lake, *ALL, *DIABETES), held(lake))


@pytest.fixture(scope="session")
def again(first: Stage) -> Stage:
    """Run the whole job once more on the same files."""
    return Stage(first.lake, run(first.lake, *ALL, *DIABETES), held(first.lake))


@pytest.fixture(scope="session")
def worse(again: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Train worse candidates: in a copy of the repository whose model file alone differs."""
    copy = copy_rooms(tmp_path_factory.mktemp("repository"))
    (copy / "conf" / "models" / "diabetes_progression.yml").write_text(WORSE)
    ended = run(again.lake, "training", *DIABETES[1:], repository=copy)
    return Stage(again.lake, ended, held(again.lake))


@pytest.fixture(scope="session")
def scored_on_spark(worse: Stage, first: Stage) -> Stage:
    """Score the batch of the first run, by its model, with Spark."""
    nodes = first.ended.runs["batch_inference"]["nodes"]
    file = first.lake.parent / "score_on_spark.yml"
    text = SCORE_ON_SPARK.format(
        component=REPOSITORY / "components" / "score_spark" / "component.yml",
        batch=nodes["select_batch"]["outputs"]["receipt"],
        model=nodes["resolve_model"]["outputs"]["model"],
    )
    file.write_text(text)
    return Stage(worse.lake, run(worse.lake, str(file)), held(worse.lake))


@pytest.fixture(scope="session")
def corrected(scored_on_spark: Stage) -> Stage:
    """Let another body mass index of patient 400 arrive, and run batch inference."""
    lake = scored_on_spark.lake
    arrived = lake / "raw" / "diabetes" / "batch" / "arrivals.jsonl"
    patient = json.loads(arrived.read_text().splitlines()[0]) | {"bmi": 40.0}
    arrived.with_name("corrections.jsonl").write_text(json.dumps(patient) + "\n")
    as_of = "--set=inputs.as_of=2014-02-01T00:00:00Z"
    return Stage(lake, run(lake, "batch_inference", *DIABETES[:2], as_of), held(lake))


@pytest.fixture(scope="session")
def failed(corrected: Stage) -> Stage:
    """Take the history's file away, and run the data pipeline."""
    lake = corrected.lake
    history = lake / "raw" / "diabetes" / "history"
    (history / "patients.jsonl").rename(lake.parent / "patients.jsonl")
    return Stage(lake, run(lake, "data", *DIABETES[:1]), held(lake))
