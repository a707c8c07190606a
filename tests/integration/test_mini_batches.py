"""The driver of mini-batches: every item once, and what it does with those that fail."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution.mini_batches.settings import Settings
from aml_pipelines.execution.mini_batches.staging import COMMAND, stage_driver

if TYPE_CHECKING:
    from pathlib import Path

APPEND = ("--append-to", "out/rows.csv")
SCORE = """
import os, time
from pathlib import Path
def run(mini_batch):
    for file in map(Path, mini_batch):
        seen = Path(os.environ["AZUREML_BI_OUTPUT_PATH"], f"{file.name}.seen")
        is_first = not seen.exists()
        seen.touch()
        if file.read_text() == "hangs" or (file.read_text() == "hangs once" and is_first):
            time.sleep(60)
        if file.read_text() == "dies" and is_first:
            os._exit(3)
    return [Path(file).name for file in mini_batch]
"""


def score(folder: Path, files: dict[str, str], script: str = SCORE, **settings: object) -> str:
    """Score `files`; gives the exit code and what was written or, after a failure, logged."""
    for name, content in files.items():
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files" / name).write_text(content)
    (folder / "code").mkdir()
    (folder / "code" / "score.py").write_text(script)
    chosen = {"mini_batch_size": 1, "workers": 2, "max_retries": 1, "timeout": 20, **settings}
    stage_driver(folder, Settings(code="code", script="score.py", **chosen))  # type: ignore[arg-type]
    done = subprocess.run(
        [sys.executable, *COMMAND[1:], "--input", "files", "--output", "out", *APPEND],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    written = folder / "out" / "rows.csv"
    return f"{done.returncode} {written.read_text() if done.returncode == 0 else done.stderr}"


def test_a_file_that_hangs_or_ends_the_process_once_is_scored_again(tmp_path: Path) -> None:
    files = {"a": "", "b": "hangs once", "c": "dies"}
    assert score(tmp_path, files, timeout=2) == "0 a\nb\nc\n"


@pytest.mark.parametrize(("threshold", "code"), [(0, "1"), (1, "0"), (-1, "0")])
def test_as_many_files_may_stay_unscored_as_the_threshold_says(
    tmp_path: Path, threshold: int, code: str
) -> None:
    said = score(
        tmp_path,
        {"a": "", "b": "hangs"},
        error_threshold=threshold,
        timeout=0.5,
        max_retries=0,
    )
    assert said.startswith(code)
    assert ("files/b: it took longer than 0.5 s" in said) == (code == "1")


def test_an_answer_shorter_than_its_mini_batch_leaves_files_unscored(tmp_path: Path) -> None:
    short = "def run(mini_batch):\n    return mini_batch[:1]\n"
    said = score(tmp_path, {"a": "", "b": ""}, short, mini_batch_size=2, error_threshold=0)
    assert said.startswith("1")
    assert "2 items in 1 mini-batches, 1 not scored" in said
    assert "run() returned 1 of 2 items" in said


def test_a_script_whose_init_fails_fails_the_job_at_once(tmp_path: Path) -> None:
    said = score(tmp_path, {"a": ""}, "def init():\n    raise KeyError('no weights')\n")
    assert said.startswith("1")
    assert "KeyError: 'no weights'" in said


@pytest.mark.parametrize("is_debugged", [False, True])
def test_a_script_gets_its_arguments_and_its_mini_batch_and_is_shut_down(
    tmp_path: Path, *, is_debugged: bool
) -> None:
    script = """
import sys
from pathlib import Path
import pandas as pd
def run(mini_batch, context):
    return pd.DataFrame({"file": [Path(file).name for file in mini_batch],
                         "batch": context.minibatch_index, "half": 0.5})
def shutdown():
    Path(sys.argv[2]).write_text("shut down")
"""
    arguments = ["--note", str(tmp_path / "note"), "--append_row_dataframe_header", "True"]
    files = {"a": "", "b": "", "c": ""}
    settings = {"mini_batch_size": 2, "arguments": arguments, "is_debugged": is_debugged}
    said = score(tmp_path, files, script, workers=1, **settings)
    assert said == "0 file batch half\na 0 0.5\nb 0 0.5\nc 1 0.5\n"
    assert (tmp_path / "note").read_text() == "shut down"


@pytest.mark.parametrize(("threshold", "code"), [(0, "1"), (1, "0"), (-1, "0")])
def test_as_many_mini_batches_may_fail_as_their_threshold_says(
    tmp_path: Path, threshold: int, code: str
) -> None:
    script = "def run(files):\n    return None if files[0].endswith('b') else files\n"
    said = score(
        tmp_path, {"a": "", "b": ""}, script, max_retries=0, mini_batch_error_threshold=threshold
    )
    assert said.startswith(code)
    assert ("run() returned NoneType; it is to return a list" in said) == (code == "1")
