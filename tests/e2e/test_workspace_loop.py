"""From an empty workspace to answering endpoints and back, typed as the pages say, on one lake.

The lake is that of the main job: what a submitted pipeline does there again must change nothing.
The release (test_release.py) submits the other two.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.workspace.discovery import NotServedError, read_serving
from aml_pipelines.workspace.jobs.store import Jobs
from tests.e2e.lake_runs import DIABETES, held, parquet_rows
from tests.e2e.served import Prompt, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Stage

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]
TARGET = """\
lake: {lake}
workspace: {{subscription_id: s, resource_group: g, name: w, location: local}}
spark: {{master: "local[2]"}}
endpoints: {{batch: diabetes-batch, online: diabetes-online}}
"""
PATIENT = {"age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "s1": 157, "s2": 93.2, "s3": 38}
PATIENT |= {"s4": 4, "s5": 4.8598, "s6": 87}
MODEL = "diabetes_progression"


@pytest.fixture
def prompt(corrected: Stage, capsys: pytest.CaptureFixture[str]) -> Iterator[Prompt]:
    """Serve the workspace of the main job's lake, and type at it."""
    target = corrected.lake.parent / "served.yml"
    target.write_text(TARGET.format(lake=corrected.lake))
    with serving(target, corrected.lake):
        yield Prompt(capsys, "--target", str(target))
    with pytest.raises(NotServedError):
        read_serving(corrected.lake)


@pytest.fixture
def lake(corrected: Stage) -> Path:
    return corrected.lake


def test_a_team_goes_from_nothing_to_scores_and_endpoints_and_back(
    prompt: Prompt, lake: Path, tmp_path: Path
) -> None:
    prompt("bootstrap", "--create")
    again = prompt("bootstrap", "--create").splitlines()
    assert {line.rpartition(": ")[2] for line in again} == {"unchanged", "kept as found"}
    prompt("register")
    _upload_again(prompt, tmp_path)
    before = held(lake)
    prompt("submit", "batch_inference", *DIABETES[:2], "--name", "batch_1", "--wait")
    assert held(lake) == before, "submitted, the pipeline finds nothing new"
    assert "write_scores" in prompt("status", "batch_1")
    assert "--- user_logs/std_log.txt" in prompt("logs", "batch_1", "--node", "write_scores")
    assert "ridge" in prompt("runs", "training", "--lowest", "validation_rmse", "--limit", "1")
    _schedule(prompt)
    _deploy_online(prompt, tmp_path)
    _deploy_batch(prompt, lake)
    _tear_down(prompt, lake)
    assert held(lake) == before, "data and models stay"


def _upload_again(prompt: Prompt, folder: Path) -> None:
    main(["sample", "diabetes", "--lake", str(folder)])
    assert "2 of 2 files sent" in prompt("upload", str(folder / "raw"))
    assert "0 of 2 files sent, 2 were there" in prompt("upload", str(folder / "raw"))


def _schedule(prompt: Prompt) -> None:
    assert prompt("schedule", "data_daily", *DIABETES[:1]) == "schedule data_daily: enabled\n"
    assert prompt("schedule") == "data_daily: enabled, every 1 day UTC\n"
    assert prompt("schedule", "data_daily", "--disable") == "schedule data_daily: disabled\n"


def _deploy_online(prompt: Prompt, folder: Path) -> None:
    rows = folder / "rows.json"
    rows.write_text(json.dumps({"rows": [PATIENT]}))
    first = prompt("deploy", "online", "--model", MODEL, "--rows", str(rows))
    assert f"deployment blue: azureml:{MODEL}:1, 100 %" in first
    assert "deployment green" in prompt("deploy", "online", "--model", MODEL, "--traffic", "10")
    by_blue = json.loads(prompt("invoke", "online", "--rows", str(rows), "--deployment", "blue"))
    by_green = json.loads(prompt("invoke", "online", "--rows", str(rows), "--deployment", "green"))
    assert by_blue == by_green
    (score,) = by_blue["scores"]
    assert 25 <= score["score"] <= 346, "the range of the outcome"
    assert score["class"] is None
    assert "100 % of the traffic to green" in prompt("deploy", "online", "--newest")
    assert "all traffic to blue" in prompt("deploy", "online", "--roll-back")
    rows.write_text(json.dumps({"rows": [{"age": 59}]}))
    assert "rows have no columns ['sex', 'bmi'" in prompt(
        "invoke", "online", "--rows", str(rows), code=1
    )


def _deploy_batch(prompt: Prompt, lake: Path) -> None:
    receipt = "azureml://datastores/lake/paths/runs/batch_1/select_batch/outputs/receipt"
    prompt("submit", "export_batch", f"--set=inputs.batch={receipt}", "--name", "export", "--wait")
    prompt("deploy", "batch", "--model", MODEL)
    exported = "azureml://datastores/lake/paths/runs/export/export_batch/outputs/rows"
    told = prompt("invoke", "batch", "--input", f"rows={exported}", "--wait")
    job = told.partition(": submitted")[0]
    scores = [
        row
        for file in (lake / "runs" / job).rglob("outputs/**/*.parquet")
        for row in parquet_rows(file)
    ]
    by_step = lake / "runs" / "batch_1" / "score" / "outputs" / "scores" / "scores.parquet"
    assert {row["_row_id"]: row["score"] for row in scores} == {
        row["_row_id"]: row["score"] for row in parquet_rows(by_step)
    }
    words = ("--deployment", "pipeline", "--input", f"model_name={MODEL}")
    prompt("invoke", "batch", *words, "--input", "batch=azureml:diabetes_batch:1", "--wait")


def _tear_down(prompt: Prompt, lake: Path) -> None:
    listed = prompt("teardown")
    assert "would delete online endpoint diabetes-online" in listed
    assert "to do it, add --confirm served" in listed
    assert "not target 'served'; nothing was deleted" in prompt(
        "teardown", "--confirm", "prod", code=1
    )
    printed = prompt("teardown", "--confirm", "served")
    deleted = [line.lstrip(".") for line in printed.splitlines()]  # the SDK shows that it waits
    assert {line.rpartition(" ")[0] for line in deleted} == {
        "deleted schedule",
        "deleted batch endpoint",
        "deleted online endpoint",
        "deleted compute",
    }
    assert prompt("teardown") == ""
    assert {job.state for job in Jobs(lake).all()} == {"Completed"}
