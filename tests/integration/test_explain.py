"""`explain` names what changed: a file, an argument, data, or what the run was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.pipelines_elsewhere import run_command, write_target

if TYPE_CHECKING:
    from pathlib import Path

JOB = """\
type: pipeline
experiment_name: flights
inputs: {times: 2}
jobs:
  copy:
    environment: azureml:any:1
    environment_variables: {TOKEN: hush}
    code: src
    inputs:
      rows: {type: uri_folder, path: rows}
      times: ${{parent.inputs.times}}
    outputs: {copied: {type: uri_folder}}
    command: cp ${{inputs.rows}}/* ${{outputs.copied}} # ${{inputs.times}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_target(tmp_path)
    (tmp_path / "job.yml").write_text(JOB)
    for name in ("src/main.py", "src/other.py", "rows/a.csv", "rows/b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def command(folder: Path, *words: str) -> str:
    ended = run_command(*words, "--target", folder / "local.yml")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def explained(folder: Path, *words: str) -> list[str]:
    command(folder, "run", str(folder / "job.yml"), *words)
    return [line.strip() for line in command(folder, "explain", "copy").splitlines()[1:]]


@pytest.mark.slow
def test_each_reason_for_which_a_node_ran_is_named(folder: Path) -> None:
    assert explained(folder) == ["no earlier run of it completed"]
    (reused,) = explained(folder)
    assert reused == "its code, arguments, data and packages are the same, and so are those outputs"
    (folder / "src/main.py").write_text("changed")
    (folder / "rows/b.csv").unlink()
    (folder / "rows/c.csv").write_text("c")
    (folder / "job.yml").write_text(JOB.replace("hush", "psst"))
    assert explained(folder, "--set", "inputs.times=3")[1:] == [
        "code: main.py changed",
        "input times: 2 → 3",
        "data rows: b.csv is gone",
        "data rows: c.csv is new",
        "environment variable TOKEN changed",
    ]
    (made,) = sorted((folder / "lake/runs").glob("*/copy/outputs/copied/c.csv"))
    made.write_text("tampered")
    assert explained(folder, "--set", "inputs.times=3")[1:] == [
        "nothing that it depends on changed",
        "but the outputs of that run are gone or were changed",
    ]
    assert explained(folder, "--fresh")[0] == "the run was asked to reuse nothing (--fresh)"
    written = "".join(file.read_text() for file in folder.glob("lake/runs/*/copy/*.json"))
    assert "hush" not in written
    assert "psst" not in written
