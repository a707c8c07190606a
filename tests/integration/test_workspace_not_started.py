"""A workspace that does not start fails the command, in a line that says where to look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aml_pipelines.__main__ import main
from conf import faults
from tests.integration.pipelines_elsewhere import write_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

GREET = {
    "type": "command",
    "command": "echo hello",
    "environment": "azureml:any@latest",
}


def test_a_workspace_that_does_not_start_is_told_in_one_line_and_the_next_run_completes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # A run waits for the workspace that sets its experiment up.
    words = write_pipeline(tmp_path, {"greet": GREET}, experiment_name="another")
    point = "server: before rename registry/tls/trusted.pem"
    plan = {"point": point, "number": 1, "action": "die"}
    (tmp_path / faults.PLAN).write_text(json.dumps(plan))
    monkeypatch.setenv(faults.VARIABLE, str(tmp_path))
    assert main(words) == 1
    file, log = tmp_path / "pipeline.yml", tmp_path / "lake/registry/workspace.log"
    told = (
        f"{file} was not started: the local workspace did not start; see {log}; "
        "then type the same command again"
    )
    # MLflow, of which the test's process makes the first database, has lines of its own.
    assert told in capsys.readouterr().err.splitlines()
    assert main(words) == 0
