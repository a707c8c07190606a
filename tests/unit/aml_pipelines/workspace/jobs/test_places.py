"""A refusal names the field of the body that is wrong, not a line of a file that nobody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aml_pipelines.workspace.jobs.places import name_places

if TYPE_CHECKING:
    from pathlib import Path

PIPELINE = """\
type: pipeline
jobs:
  node:
    type: command
    inputs:
      text: 1
"""


def test_a_line_of_the_jobs_file_is_named_as_its_field(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / "components").mkdir(parents=True)
    (folder / "pipeline.yml").write_text(PIPELINE)
    (folder / "components" / "node.yml").write_text("type: command\nenvironment: azureml:a:1\n")
    said = f"{folder}/pipeline.yml:6: is wrong\n{folder}/components/node.yml:2: is wrong too"
    assert name_places(said, folder) == (
        "jobs.node.inputs.text: is wrong\ncomponent of 'node': environment: is wrong too"
    )
