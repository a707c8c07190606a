"""The main job on a small sample, from raw files to written-back scores, in numbers."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.assets.mlflow_tables import MlflowTables
from aml_pipelines.workspace.assets.registry import Registry
from tests.e2e.lake_runs import REPOSITORY, SPLITS, held, parquet_rows, receipt, rows_of

if TYPE_CHECKING:
    from tests.e2e.conftest import Stage

pytestmark = pytest.mark.e2e

NAME = "diabetes_progression"
NODES = {
    "data": {
        **dict.fromkeys(["ingest", "clean", "build_features", "split"], "spark"),
        "publish_mltable": "command",
    },
    "training": dict.fromkeys(
        ["train_1", "train_2", "train_3", "compare", "register_model"], "command"
    ),
    "batch_inference": {
        **dict.fromkeys(["ingest", "clean", "build_features", "select_batch"], "spark"),
        **dict.fromkeys(["publish_batch", "resolve_model", "score"], "command"),
        "write_scores": "spark",
    },
}
# The steps whose receipt says what became of rows or assets.
WITHOUT_RECEIPT = {"train_1", "train_2", "train_3", "compare", "resolve_model", "score"}


def test_the_job_completes_and_each_run_is_on_record(first: Stage) -> None:
    assert first.ended.code == 0, first.ended.text
    assert set(first.ended.runs) == set(NODES)
    for pipeline, nodes in NODES.items():
        record = first.ended.runs[pipeline]
        assert (record["status"], record["target"]) == ("Completed", "local")
        assert record["seconds"] > 0
        assert {name: node["type"] for name, node in record["nodes"].items()} == nodes
        for name, node in record["nodes"].items():
            assert (node["status"], node["reused"], node["error"]) == ("Completed", False, None)
            assert node["seconds"] > 0
            assert Path(node["log"]).is_file()
            assert (node["receipt"] is None) == (name in WITHOUT_RECEIPT)
            assert all(Path(output).exists() for output in node["outputs"].values())


def test_the_last_lines_name_champion_scores_and_where_to_look(first: Stage) -> None:
    text = first.ended.text
    assert "new champion: diabetes_progression v1, test rmse 59." in text
    assert "42 scores of diabetes_progression v1" in text
    assert f"see {first.lake}/runs/" in text


def test_every_row_of_bronze_is_valid_quarantined_or_a_duplicate(first: Stage) -> None:
    bronze = receipt(first.ended, "data", "ingest")["tables"]["diabetes/bronze"]
    cleaned = receipt(first.ended, "data", "clean")["tables"]
    valid = cleaned["diabetes/valid"]
    assert (bronze["rows_in"], bronze["rows_out"]) == (400, 400)
    assert (valid["rows_in"], valid["rows_out"]) == (400, 400)
    assert valid["set_aside"] == {"quarantined": 0, "duplicate": 0}
    later = receipt(first.ended, "batch_inference", "clean")["tables"]["diabetes/valid"]
    assert (later["rows_in"], later["rows_out"]) == (442, 442)


def test_the_splits_share_out_the_labelled_rows(first: Stage) -> None:
    splits = receipt(first.ended, "data", "split")["tables"]
    assert {name: splits[f"diabetes/{name}"]["rows_out"] for name in SPLITS} == {
        "train": 253,
        "validation": 69,
        "test": 78,
    }
    patients = [
        row["patient"] for name in SPLITS for row in rows_of(first.lake / f"gold/diabetes/{name}")
    ]
    assert sorted(patients) == list(range(400))


def test_each_split_is_registered_pinned_to_the_version_on_its_receipt(first: Stage) -> None:
    splits = receipt(first.ended, "data", "split")["tables"]
    assets = {name: Registry(first.lake).data_asset(f"diabetes_{name}") for name in SPLITS}
    for name, asset in assets.items():
        split = splits[f"diabetes/{name}"]
        assert (asset.version, asset.type) == ("1", "mltable")
        assert asset.tags["rows"] == str(split["rows_out"])
        assert asset.tags["source_table"] == f"{first.lake}/gold/diabetes/{name}"
        assert asset.tags["source_version"] == str(split["version"]) == "0"
        assert asset.tags["schema_hash"] == split["schema_hash"]
        assert asset.tags["columns"] == str(len(split["checksum"]))
    assert len({asset.tags["release"] for asset in assets.values()}) == 1
    assert len({asset.tags["content"] for asset in assets.values()}) == 3


def test_the_winner_is_registered_as_champion_with_its_decision(first: Stage) -> None:
    model = Registry(first.lake).model(NAME)
    assert (model.version, model.type, model.tags["champion"]) == ("1", "mlflow_model", "true")
    assert model.tags["test_data"] == "diabetes_test:1"
    decision = json.loads(model.tags["decision"])
    assert (decision["passes"], decision["champion"]) == (True, None)
    assert decision["winner"]["low"] < decision["winner"]["value"] < decision["winner"]["high"] < 70
    record = json.loads(Path(model.source, "decision.json").read_text())
    assert record["test_rows"] == 78
    measured = {
        report["candidate"]: report["validation"]["rmse"] for report in record["candidates"]
    }
    assert set(measured) == {"ridge", "hist_gradient_boosting", "xgboost"}
    assert model.tags["candidate"] == min(measured, key=measured.__getitem__)
    folder = Path(first.ended.runs["training"]["nodes"]["compare"]["outputs"]["decision"])
    assert "<svg" in (folder / "report.html").read_text()


def test_every_patient_of_the_batch_has_exactly_one_score_and_no_class(first: Stage) -> None:
    run_id = first.ended.runs["batch_inference"]["run_id"]
    scores = first.held.scores
    assert Counter(row["patient"] for row in scores) == Counter(range(400, 442))
    assert {row["class"] for row in scores} == {None}
    assert {(row["model_name"], row["model_version"]) for row in scores} == {
        ("diabetes_progression", "1")
    }
    assert {row["data_version"] for row in scores} == {"diabetes_batch:1"}
    assert {row["scored_as_of"] for row in scores} == {None}, "nobody stated a moment"
    assert {row["run_id"] for row in scores} == {run_id}
    assert all(25 <= row["score"] <= 346 for row in scores), "the range of the outcome"
    assert first.held.rejected == []


def test_the_whole_job_again_commits_nothing_registers_nothing_and_trains_nothing(
    first: Stage, again: Stage
) -> None:
    assert again.ended.code == 0, again.ended.text
    assert again.held == first.held
    assert [m.version for m in MlflowTables(again.lake).models(NAME)] == ["1"]
    assert "champion stays: diabetes_progression v1" in again.ended.text
    reused = {
        name: node["reused"]
        for record in again.ended.runs.values()
        for name, node in record["nodes"].items()
    }
    assert {name for name, was in reused.items() if was} >= {"train_1", "train_2", "train_3"}


@pytest.mark.slow
def test_a_planted_worse_model_is_not_registered_and_the_record_says_why(worse: Stage) -> None:
    assert worse.ended.code == 0, worse.ended.text
    assert [m.version for m in MlflowTables(worse.lake).models(NAME)] == ["1"]
    registration = receipt(worse.ended, "training", "register_model")
    assert registration["dataset"] == "diabetes"
    assert registration["details"] == {"model": NAME, "registered": False}
    assert "champion stays: diabetes_progression v1, test rmse 59." in worse.ended.text
    folder = Path(worse.ended.runs["training"]["nodes"]["compare"]["outputs"]["decision"])
    judged = json.loads((folder / "decision.json").read_text())["judgement"]
    assert judged["passes"] is False
    assert judged["gain"]["high"] < 0
    (reason,) = judged["reasons"]
    assert reason.startswith("gain over the champion is -")


@pytest.mark.slow
def test_scores_made_by_spark_are_those_made_by_pandas(
    first: Stage, scored_on_spark: Stage
) -> None:
    assert scored_on_spark.ended.code == 0, scored_on_spark.ended.text
    by_pandas = {row["_row_id"]: row["score"] for row in first.held.scores}
    (record,) = scored_on_spark.ended.runs.values()
    folder = Path(record["nodes"]["score_spark"]["outputs"]["scores"])
    rows = [row for file in folder.glob("*.parquet") for row in parquet_rows(file)]
    assert {row["_row_id"]: row["score"] for row in rows} == pytest.approx(by_pandas, rel=1e-12)
    assert len(rows) == 42
    assert {row["class"] for row in rows} == {None}


@pytest.mark.slow
def test_a_corrected_row_supersedes_its_score_and_all_others_stay(
    first: Stage, corrected: Stage
) -> None:
    assert corrected.ended.code == 0, corrected.ended.text
    before = {row["patient"]: row for row in first.held.scores}
    after = {row["patient"]: row for row in corrected.held.scores}
    changed = [patient for patient, row in after.items() if row != before[patient]]
    assert (len(corrected.held.scores), changed) == (42, [400])
    assert after[400]["score"] > before[400]["score"], "a greater body mass index"
    assert after[400]["scored_as_of"] == "2014-02-01T00:00:00Z"
    assert [row["reason"] for row in corrected.held.rejected] == ["duplicate"]
    scores = "gold/diabetes/scores"
    assert corrected.held.versions[scores] == first.held.versions[scores] + 1


@pytest.mark.slow
def test_a_failure_loses_nothing_and_the_command_that_it_prints_completes(
    corrected: Stage, failed: Stage
) -> None:
    assert failed.ended.code == 1
    assert failed.held == corrected.held
    assert "dataset 'diabetes': source 'history' has no file at" in failed.ended.text
    nodes = failed.ended.runs["data"]["nodes"]
    assert {name: node["status"] for name, node in nodes.items()} == {
        "ingest": "Failed",
        **dict.fromkeys(["clean", "build_features", "split", "publish_mltable"], "Skipped"),
    }
    history = failed.lake / "raw" / "diabetes" / "history"
    (failed.lake.parent / "patients.jsonl").rename(history / "patients.jsonl")
    (line,) = [line for line in failed.ended.text.splitlines() if "resume with: " in line]
    _, *words = shlex.split(line.partition("resume with: ")[2])
    resumed = subprocess.run(
        [sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert held(failed.lake) == corrected.held
