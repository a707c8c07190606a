"""A bad day in the cloud: the official client gets through, and nothing is registered twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions
from tests.integration.workspace_here import workspace_here
from tests.integration.workspace_jobs import run_job
from tests.integration.workspace_with_jobs import new_lake, submitting, workspace_with_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from aml_pipelines.workspace.http.fault_rules import Fault

pytestmark = pytest.mark.sdk


@pytest.mark.parametrize("fault", ["throttle", "drop", "fail", "revoke"])
def test_a_registration_survives_a_fault_and_happens_once(tmp_path: Path, fault: Fault) -> None:
    with workspace_here(tmp_path) as workspace:
        workspace.faults.plan(fault, "PUT", "/data/train/versions/1")
        told = run_job(workspace.env, "tell(version=ml.data.create_or_update(table()).version)")

    assert told == {"version": "1"}
    assert workspace.faults.are_over
    assert [asset.version for asset in Versions(tmp_path, DATA).versions("train")] == ["1"]


def test_a_job_that_outlives_its_token_gets_another(tmp_path: Path) -> None:
    with workspace_here(tmp_path, token_lifetime=2) as workspace:
        told = run_job(
            workspace.env,
            """
first = ml.data.create_or_update(table()).version
time.sleep(2.5)
tell(versions=[first, ml.data.create_or_update(table("gold/other")).version])
""",
        )
    assert told == {"versions": ["1", "2"]}


EVICTED = """
line = "echo started >> ${{outputs.text}}; test $(wc -l < ${{outputs.text}}) = 3 || sleep 60"
text = {"type": "uri_file", "path": "azureml://datastores/lake/paths/said.txt"}
job = submit(pipeline({"slow": node(line, outputs={"text": text}), "quick": node("echo once")}))
tell(status=ended(job), children=sorted(children(job).values()))
"""


@pytest.mark.slow
def test_a_node_that_is_evicted_starts_again_with_its_outputs_as_they_were(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yml"
    faults.write_text("rules: [{fault: evict, node: slow, times: 2, seconds: 0.1}]")
    with workspace_with_jobs(new_lake(tmp_path / "lake"), faults=faults) as served:
        told = submitting(served.env, EVICTED)

    assert told == {"status": "Completed", "children": ["Completed", "Completed"]}
    assert (tmp_path / "lake/said.txt").read_text() == "started\n" * 3
