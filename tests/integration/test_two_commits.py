"""Two commits are compared by what their own code makes of copies of the same raw files.

The commits are of a small repository, whose `run` writes tables by hand: what is tested is that
each side runs its own code on its own lake, and what is told of the two lakes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage import two_commits
from aml_pipelines.verbs import diff
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """
import json, os, sys
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
from conf.diabetes import FACTOR

verb, *words = sys.argv[1:]
if verb == "sample":
    raw = Path(words[words.index("--lake") + 1]) / "raw" / "diabetes"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_text("3")
    sys.exit(0)
assert words[:3] == ["data", "training", "batch_inference"], words
assert not [name for name in os.environ if name.startswith(("PYTHONPATH", "MLFLOW_"))]
lake = Path(json.loads(Path(words[words.index("--target") + 1]).read_text())["lake"])
many = int((lake / "raw" / "diabetes" / "a.csv").read_text())
if FACTOR == 0:
    sys.exit("clean: no row is valid")

def table(name, rows):
    log = lake / name / "_delta_log"
    log.mkdir(parents=True)
    if rows:
        pq.write_table(pa.Table.from_pylist(rows), lake / name / "a.parquet")
    added = [{"add": {"path": "a.parquet"}}] if rows else []
    actions = [{"commitInfo": {"timestamp": 0}}, *added]
    (log / f"{0:020}.json").write_text("\\n".join(map(json.dumps, actions)))

table("silver/diabetes/valid", [{"patient": n, "bmi": FACTOR * n} for n in range(many)])
table("gold/diabetes/features", [{"patient": n, "age": n} for n in range(many)])
table("gold/diabetes/rejected_scores", [])
of_models = {"patient": 1, "model_name": "m", "model_version": "1", "score": 2.5}
table("gold/diabetes/scores", [of_models] if FACTOR == 1 else [])
if FACTOR != 1:
    table("gold/diabetes/train", [{"patient": 1}])
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one commit, at which `bmi` is a patient's number."""
    folder = tmp_path / "repository"
    for room in ("aml_pipelines", "conf"):
        (folder / room).mkdir(parents=True)
        (folder / room / "__init__.py").touch()
    (folder / "aml_pipelines" / "__main__.py").write_text(MAIN)
    (folder / "conf" / "diabetes.py").write_text("FACTOR = 1\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    monkeypatch.setattr(two_commits, "REPOSITORY", folder)
    monkeypatch.setenv("PYTHONPATH", "/of/a/job")
    monkeypatch.setenv("MLFLOW_RUN_ID", "of-a-job")
    return folder


def git(folder: Path, *words: str) -> None:
    own = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *own, *words], cwd=folder, check=True)  # noqa: S607 # any git


def asked(**more: object) -> argparse.Namespace:
    plain = argparse.Namespace(
        first=None, second=None, since="main", model="diabetes_progression", raw=None
    )
    flags = dict.fromkeys(("json", "markdown", "pull_request", "dry_run"), False)
    return argparse.Namespace(**{**vars(plain), **flags, **more})


def told(capsys: pytest.CaptureFixture[str], **more: object) -> str:
    assert diff.main(asked(**more)) == 0
    return capsys.readouterr().out


def set_factor(repository: Path, factor: int) -> None:
    (repository / "conf" / "diabetes.py").write_text(f"FACTOR = {factor}\n")


def test_a_change_is_told_by_table_column_and_mean(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_factor(repository, 2)
    text = told(capsys)
    assert "diabetes_progression on the sample diabetes" in text
    assert "test rmse: no champion to no champion" in text
    assert "silver/diabetes/valid: 3 rows to 3 rows\n  added 0, removed 0, changed 2" in text
    assert "bmi: 2 rows, mean 1.5 to 3\n    1 became 2 (patient 1)" in text
    assert "gold/diabetes/train: only " in text
    assert "gold/diabetes/scores: 1 row to 0 rows\n  added 0, removed 1, changed 0" in text
    assert "the same in both: gold/diabetes/features, gold/diabetes/rejected_scores" in text

    found: dict[str, Any] = json.loads(told(capsys, json=True))
    assert found["tables"]["silver/diabetes/valid"]["changed"] == 2
    markdown = told(capsys, markdown=True)
    assert (
        "| bmi | 2, mean 1.5 to 3 | 1 became 2 (patient 1)<br>2 became 4 (patient 2) |" in markdown
    )
    assert "The same in both: `gold/diabetes/features`, " in markdown


def test_the_same_files_make_the_same_tables_of_raw_files_of_mine(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    (raw / "diabetes").mkdir(parents=True)
    (raw / "diabetes" / "a.csv").write_text("5")
    found: dict[str, Any] = json.loads(told(capsys, raw=raw, json=True))
    assert found["data"] == str(raw)
    (valid,) = (one for name, one in found["tables"].items() if name.endswith("valid"))
    assert (valid["rows"], valid["changed"], found["only"]) == ([5, 5], 0, {})
    assert repository.is_dir()


def test_a_side_that_fails_is_named_with_the_end_of_its_output(repository: Path) -> None:
    set_factor(repository, 0)
    with pytest.raises(CommandFailedError) as failed:
        diff.main(asked())
    assert "its pipelines did not complete" in str(failed.value)
    assert str(failed.value).endswith("  clean: no row is valid")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"since": "--all"}, "--since --all: .* has no such commit; name a branch"),
        ({"since": "nowhere"}, "--since nowhere: "),
        ({"first": "silver/trips/valid@1"}, "--since compares all tables"),
        ({"since": None}, "name two versions of a table"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    repository: Path, more: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        diff.main(asked(**more))
    assert repository.is_dir()
