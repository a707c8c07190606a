"""What `submit` would send, as of which moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from aml_pipelines.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

JOB = """\
type: pipeline
settings: {default_compute: "azureml:cpu-cluster"}
inputs: {word: quiet}
jobs:
  say:
    type: command
    environment: azureml:serve:1
    inputs: {word: "${{parent.inputs.word}}"}
    command: echo ${{inputs.word}}
"""


def test_a_job_that_is_as_of_no_time_is_sent_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "say.yml"
    file.write_text(JOB)
    assert main(["submit", str(file), "--as-of", "now", "--dry-run"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["inputs"] == {"word": "quiet"}
