"""The driver of batch deployments: what it does with files that cannot be scored."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DRIVER = REPOSITORY / "aml_pipelines" / "workspace" / "endpoints" / "batch_driver"
SETTINGS = {
    "script": "score.py",
    "mini_batch_size": 1,
    "concurrency": 2,
    "output_action": "AppendRow",
    "output_file": "predictions.csv",
    "error_threshold": 0,
    "max_retries": 1,
    "timeout": 20,
}
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
    shutil.copytree(DRIVER, folder / "batch_driver")
    for name, content in files.items():
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files" / name).write_text(content)
    (folder / "code").mkdir()
    (folder / "code" / "score.py").write_text(script)
    (folder / "settings.json").write_text(json.dumps({**SETTINGS, **settings}))
    done = subprocess.run(
        [sys.executable, "-m", "batch_driver.driver", "--scored", "files", "--output", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    written = folder / "out" / "predictions.csv"
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
    said = score(tmp_path, {"a": "", "b": ""}, short, mini_batch_size=2)
    assert said.startswith("1")
    assert "2 files in 1 mini-batches, 1 not scored" in said
    assert "too many files were not scored: 1" in said


def test_a_script_whose_init_fails_fails_the_job_at_once(tmp_path: Path) -> None:
    said = score(tmp_path, {"a": ""}, "def init():\n    raise KeyError('no weights')\n")
    assert said.startswith("1")
    assert "KeyError: 'no weights'" in said
