from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.pipeline.job_outputs import made_outputs

if TYPE_CHECKING:
    from pathlib import Path

DONE, FAILED = "Completed", "Failed"


def recorded(runs: Path, job: str, outputs: dict[str, dict[str, str]]) -> None:
    """Write the record of a job with a node that completed and one that failed."""
    nodes = {
        "make_rows": {"status": DONE, "outputs": {"rows": "/made/rows"}},
        "fail": {"status": FAILED, "outputs": {"none": "/made/none"}},
    }
    (runs / job).mkdir(parents=True)
    (runs / job / "run.json").write_text(json.dumps({"nodes": nodes, "outputs": outputs}))


def test_a_job_has_made_those_of_its_outputs_whose_nodes_completed(tmp_path: Path) -> None:
    bound = {
        "all": {"node": "make_rows", "output": "rows"},
        "none": {"node": "fail", "output": "none"},
    }
    recorded(tmp_path, "one_job", bound)
    assert made_outputs(tmp_path, "one_job") == {"all": "/made/rows"}
    assert made_outputs(tmp_path, "one_job_make_rows") == {"rows": "/made/rows"}
    assert made_outputs(tmp_path, "one_job_fail") == {}
    assert made_outputs(tmp_path, "one_job_other") is None
    assert made_outputs(tmp_path, "other") is None
