"""Data transfer, distribution and control flow, as the client sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sdk


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
