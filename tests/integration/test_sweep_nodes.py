"""Sweeps really run: trials are processes, their metrics MLflow's, the best one's outputs count."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from aml_pipelines.workspace.state import StateFolder
from tests.integration.pipelines_elsewhere import (
    REPOSITORY,
    command_line,
    run_pipeline,
    write_files,
    write_pipeline,
)

SCRIPT = """
import sys, time
import mlflow
depth, out = int(sys.argv[1]), sys.argv[2]
if depth == 1:
    sys.exit("a trial may fail")
for step in range(3):
    mlflow.log_metric("auc", depth + step / 2, step=step)
    if depth == 2 and step == 1:
        time.sleep(60)
open(f"{out}/depth.txt", "w").write(sys.argv[1])
"""
TRIAL = {
    "code": "./code",
    "command": "python try.py ${{search_space.depth}} ${{outputs.model}}",
    "environment": "azureml:python:1",
}
SWEEP = {
    "type": "sweep",
    "trial": TRIAL,
    "outputs": {"model": {"type": "uri_folder"}},
    "sampling_algorithm": "grid",
    "search_space": {"depth": {"type": "choice", "values": [4, 1, 2, 3]}},
    "objective": {"goal": "maximize", "primary_metric": "auc"},
    "limits": {"max_total_trials": 4, "max_concurrent_trials": 2},
    "early_termination": {"type": "bandit", "slack_amount": 1.5, "delay_evaluation": 2},
}


@pytest.mark.slow
def test_the_best_trial_gives_its_outputs_and_a_bad_one_is_ended(tmp_path: Path) -> None:
    write_files(tmp_path, {"code/try.py": SCRIPT})
    read = {
        "type": "command",
        "environment": "azureml:python:1",
        "command": "cat ${{inputs.model}}/depth.txt > ${{outputs.depth}}",
        "inputs": {"model": "${{parent.jobs.look.outputs.model}}"},
        "outputs": {"depth": {"type": "uri_file"}},
    }
    record = run_pipeline(tmp_path, {"look": SWEEP, "read": read})
    nodes, run = record["nodes"], record["run_id"]
    assert Path(nodes["read"]["outputs"]["depth"]).read_text() == "4"
    assert nodes["look"]["properties"] == {
        "sampling": "grid",
        "best_child_run_id": f"{run}_look_0",
        "score": "5.0",
    }
    folder = tmp_path / "lake" / "runs" / run / "look"
    trials = json.loads((folder / "trials.json").read_text())["trials"]
    assert [(trial["values"]["depth"], trial["status"]) for trial in trials] == [
        (4, "Completed"),
        (1, "Failed"),
        (2, "Canceled"),
        (3, "Completed"),
    ]
    assert trials[2]["error"] == "was ended by early_termination at report 2"
    assert trials[2]["seconds"] < 30
    assert "    a trial may fail" in (folder / "log.txt").read_text()
    assert mlflow_runs(tmp_path / "lake") == {
        f"{run}_look_0": ("FINISHED", f"{run}_look", 5.0),
        f"{run}_look_1": ("FAILED", f"{run}_look", None),
        f"{run}_look_2": ("KILLED", f"{run}_look", 2.5),
        f"{run}_look_3": ("FINISHED", f"{run}_look", 4.0),
    }


def mlflow_runs(lake: Path) -> dict[str, tuple[str, str, float | None]]:
    """Map the trials' runs to their status, their parent, and the last of their metric."""
    with closing(sqlite3.connect(StateFolder(lake).mlflow_database)) as database:
        rows = database.execute(
            "SELECT runs.run_uuid, runs.status, parents.value, latest_metrics.value FROM runs"
            " JOIN tags AS parents ON parents.run_uuid = runs.run_uuid"
            " AND parents.key = 'mlflow.parentRunId' AND parents.value LIKE '%_look'"
            " LEFT JOIN latest_metrics ON latest_metrics.run_uuid = runs.run_uuid"
        )
        return {name: (status, parent, value) for name, status, parent, value in rows}


def test_a_sweep_fails_when_no_trial_tells_its_metric_or_it_takes_too_long(tmp_path: Path) -> None:
    silent = {**SWEEP, "trial": {**TRIAL, "command": "echo ${{search_space.depth}}"}}
    slow = {**SWEEP, "trial": {**TRIAL, "command": "sleep 60; : ${{search_space.depth}}"}}
    slow["limits"] = {"max_total_trials": 3, "timeout": 2, "trial_timeout": 1}
    write_files(tmp_path, {"code/try.py": SCRIPT})
    record = run_pipeline(tmp_path, {"silent": silent, "slow": slow}, "--fresh")
    assert {name: node["error"] for name, node in record["nodes"].items()} == {
        "silent": "has 4 trials, of which none completed and logged 'auc'",
        "slow": "took longer than limits.timeout, 2 s",
    }
    folder = tmp_path / "lake" / "runs" / record["run_id"] / "slow"
    first = json.loads((folder / "trials.json").read_text())["trials"][0]
    assert first["status"] == "Canceled"
    assert first["error"] == "took longer than limits.trial_timeout, 1 s"


def test_a_cancelled_run_ends_its_trials_and_starts_no_further_one(tmp_path: Path) -> None:
    command = "echo $$ > pid.part; mv pid.part pid; sleep 60; : ${{search_space.depth}}"
    write_files(tmp_path, {"code/try.py": SCRIPT})
    words = write_pipeline(tmp_path, {"slow": {**SWEEP, "trial": {**TRIAL, "command": command}}})
    run = subprocess.Popen(command_line(*words), cwd=REPOSITORY)
    while not (started := list(tmp_path.glob("lake/runs/*/slow/trials/1/snapshot/pid"))):
        assert run.poll() is None
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 130
    (pid,) = started
    assert not Path("/proc", pid.read_text().strip()).exists()
    trials = json.loads((pid.parents[3] / "trials.json").read_text())["trials"]
    assert [trial["status"] for trial in trials] == ["Canceled", "Canceled"]
    with closing(sqlite3.connect(StateFolder(tmp_path / "lake").mlflow_database)) as database:
        assert not database.execute("SELECT name FROM runs WHERE status = 'RUNNING'").fetchall()
