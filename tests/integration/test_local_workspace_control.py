"""Data transfer, distribution and control flow, as the client sends them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_jobs import CLIENT
from tests.integration.workspace_with_jobs import (
    SUBMITTING,
    new_lake,
    submitting,
    workspace_with_jobs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.sdk


@pytest.mark.slow
def test_copies_and_distributed_nodes_run_as_the_client_sends_them(tmp_path: Path) -> None:
    lake = new_lake(tmp_path / "lake")
    (lake / "raw" / "a.txt").write_text("a")
    with workspace_with_jobs(lake) as served:
        told = submitting(
            served.env,
            """
copy = {"type": "data_transfer", "name": "copy", "version": "1", "task": "copy_data",
        "inputs": {"rows": {"type": "uri_folder"}}, "outputs": {"all": {"type": "uri_folder"}},
        "data_copy_mode": "merge_with_overwrite"}
ml.components.create_or_update(load_component(write("copy.yml", json.dumps(copy))))
raw = {"type": "uri_folder", "path": f"{LAKE}/raw"}
bind = "${{parent.jobs.inline.outputs.all}}"
torch = {"type": "pytorch", "process_count_per_instance": 2}
name = submit(pipeline({
    "inline": {"type": "data_transfer", "task": "copy_data", "inputs": {"rows": raw},
               "outputs": {"all": {"type": "uri_folder"}}},
    "named": {"type": "data_transfer", "task": "copy_data", "component": "azureml:copy:1",
              "data_copy_mode": "fail_if_conflict", "inputs": {"rows": bind}},
    "spread": node("echo $RANK of $WORLD_SIZE", distribution=torch)}))
job = load_job(write("job.yml", json.dumps(node(
    "echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE", compute="serverless",
    experiment_name="flights", distribution={"type": "mpi", "process_count_per_instance": 1},
    resources={"instance_count": 2}))))
single = submit(job, "single")
fetch = pipeline({"fetch": {
    "type": "data_transfer", "task": "import_data", "outputs": {"sink": {"type": "mltable"}},
    "source": {"type": "database", "query": "select 1", "connection": "azureml:mine"}}})
refused = refusal(submit, fetch)
status = ended(name), ended(single)
ml.jobs.download(f"{name}_named", download_path=files, output_name="all")
ml.jobs.download(single, download_path=files / "single")
ml.jobs.download(f"{name}_spread", download_path=files / "spread")
logs = {f"{owner} {log.name}": log.read_text() for owner in ("single", "spread")
        for log in (files / owner).rglob("std_log*.txt")}
tell(status=status, copied=[file.name for file in (files / "named-outputs").rglob("*.txt")],
     logs=logs, refused="is import_data with a database: it needs a connection" in refused,
     task=ml.components.get("copy", "1").task)
""",
        )
    assert told == {
        "status": ["Completed", "Completed"],
        "copied": ["a.txt"],
        "logs": {
            "single std_log.txt": "0 of 2\n",
            "single std_log_process_1.txt": "1 of 2\n",
            "spread std_log.txt": "0 of 2\n",
            "spread std_log_process_1.txt": "1 of 2\n",
        },
        "refused": True,
        "task": "copy_data",
    }


@pytest.mark.slow
def test_control_flow_runs_as_the_client_sends_it(tmp_path: Path) -> None:
    lake = new_lake(tmp_path / "lake")
    (lake / "raw" / "a.txt").write_text("a")
    with workspace_with_jobs(lake) as served:
        # The client has these nodes only if it is told so before it is imported.
        told = job_of_its_own(
            {**served.env, "AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED": "true"},
            SUBMITTING
            + """
count = write("count.yml", json.dumps({
    "type": "command", "name": "count", "version": "1", "environment": {"image": "ubuntu"},
    "inputs": {"number": {"type": "integer", "default": 0},
               "file": {"type": "uri_folder", "optional": True}},
    "outputs": {"next": {"type": "integer", "is_control": True},
                "small": {"type": "boolean", "is_control": True}},
    "command": "n=$((${{inputs.number}} + 1)); echo $n > ${{outputs.next}}; "
               "ls $[[${{inputs.file}}]]; "
               "[ $n -lt 2 ] && said=true; echo ${said:-false} > ${{outputs.small}}"}))
read = write("read.yml", json.dumps({
    "type": "command", "name": "read", "version": "1", "environment": {"image": "ubuntu"},
    "inputs": {"last": {"type": "integer"}, "all": {"type": "string"}},
    "command": "echo '${{inputs.last}} ${{inputs.all}}'"}))
step = {"type": "command", "component": "./count.yml"}
raw = {"type": "uri_folder", "path": f"{LAKE}/raw"}
job = pipeline({
    "judge": step,
    "choose": {"type": "if_else", "condition": "${{parent.jobs.judge.outputs.small}}",
               "true_block": "${{parent.jobs.taken}}", "false_block": ["${{parent.jobs.left}}"]},
    "taken": step, "left": step, "body": step,
    "repeat": {"type": "do_while", "body": "${{parent.jobs.body}}",
               "condition": "${{parent.jobs.body.outputs.small}}",
               "mapping": {"next": "number"}, "limits": {"max_iteration_count": 5}},
    "one": step,
    "each": {"type": "parallel_for", "body": "${{parent.jobs.one}}",
             "items": [{"number": 7, "file": raw}, {"number": 8, "file": raw}]},
    "read": {"type": "command", "component": "./read.yml", "inputs": {
        "last": "${{parent.jobs.body.outputs.next}}",
        "all": "${{parent.jobs.each.outputs.next}}"}}})
name = submit(job)
status = ended(name)
ml.jobs.download(f"{name}_read", download_path=files)
stored = ml.jobs.get(name)
tell(status=status, children=children(name), kinds=[stored.jobs[key].type for key in (
    "choose", "repeat", "each")], second=ml.jobs.get(f"{name}_body-2").status,
    log=next((files / "artifacts").rglob("std_log.txt")).read_text())
""",
        )
    children = told.pop("children")
    assert isinstance(children, dict)
    (job,) = {name.partition("_judge")[0] for name in children if name.endswith("_judge")}
    completed = ("judge", "choose", "taken", "body-1", "body-2", "repeat", "one-1", "one-2")
    assert {name.removeprefix(f"{job}_"): status for name, status in children.items()} == {
        **dict.fromkeys((*completed, "each", "read"), "Completed"),
        "left": "NotStarted",
    }
    assert told == {
        "status": "Completed",
        "kinds": ["if_else", "do_while", "parallel_for"],
        "second": "Completed",
        "log": "2 [8, 9]\n",
    }


def job_of_its_own(env: Mapping[str, str], script: str) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-c", CLIENT + script],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return told
