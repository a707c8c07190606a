"""A new step is a folder of files that are all written, or none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.verbs import new

if TYPE_CHECKING:
    from pathlib import Path

SPARK_FILES = [
    "components/keep_known/component.yml",
    "components/keep_known/keep_known.py",
    "spark_jobs/keep_known.py",
    "tests/unit/spark_jobs/test_keep_known.py",
]
COMMAND_FILES = [
    "components/learning/tell_shares.py",
    "components/tell_shares/component.yml",
    "components/tell_shares/tell_shares.py",
    "tests/unit/components/learning/test_tell_shares.py",
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(new, "REPOSITORY", tmp_path)
    return tmp_path


def files_in(folder: Path) -> list[str]:
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


@pytest.mark.parametrize(
    ("words", "files"),
    [(["keep_known"], SPARK_FILES), (["tell_shares", "--type", "command"], COMMAND_FILES)],
    ids=["spark", "command"],
)
def test_a_new_step_is_a_component_a_script_a_function_and_its_test(
    repository: Path, capsys: pytest.CaptureFixture[str], words: list[str], files: list[str]
) -> None:
    assert main(["new", "step", *words]) == 0
    assert files_in(repository) == files
    said, _, block = capsys.readouterr().out.partition("\n\n")
    wrote = [line.removeprefix("wrote ") for line in said.splitlines() if "wrote " in line]
    assert sorted(wrote) == files
    assert block.startswith(f"  {words[0]}:\n    type: ")


def test_a_dry_run_names_the_files_and_writes_none(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "step", "keep_known", "--dry-run"]) == 0
    assert files_in(repository) == []
    said = capsys.readouterr().out
    assert [f"would write {path}" in said for path in SPARK_FILES] == [True] * 4


def test_the_imports_of_a_script_are_in_order_whatever_the_step_is_called() -> None:
    script = new.step_files("lake_2", "spark")["components/lake_2/lake_2.py"]
    lines = [line.split()[1] for line in script.splitlines() if line.startswith("from spark_jobs.")]
    assert lines == [
        "spark_jobs.fingerprint",
        "spark_jobs.lake",
        "spark_jobs.lake_2",
        "spark_jobs.receipt",
        "spark_jobs.row_changes",
        "spark_jobs.session",
        "spark_jobs.storage",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["step", "KeepKnown"], "step 'KeepKnown' has no valid name: use lower-case letters,"),
        (["step", "2_known"], "step '2_known' has no valid name: use lower-case letters, digits"),
        (["step", "../known"], "step '../known' has no valid name: use lower-case letters, digits"),
        (["step", "known\n"], "step 'known\\n' has no valid name: use lower-case letters, digits"),
        (["step", "class"], "step 'class' has no valid name: use lower-case letters, digits and"),
        (["step", "k" * 41], "has a name of 41 characters; use up to 40"),
        (["step", "json"], "step 'json': the script would hide the module 'json'; choose another"),
        (["step", "validation"], "step 'validation': gold has a table 'validation' already"),
        (["step", "known", "--type", "sql"], "step type 'sql' is unknown: there are ['command',"),
        (["dataset", "known"], "new 'dataset' is unknown: there is 'step'"),
    ],
    ids=lambda item: " ".join(item)[:20] if isinstance(item, list) else "",
)
def test_what_is_no_step_is_refused_in_one_line_and_nothing_is_written(
    repository: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["new", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1
    assert files_in(repository) == []


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("components/known/old.yml", ["known"]),
        ("spark_jobs/known.py", ["known"]),
        ("spark_jobs/known/__init__.py", ["known"]),
        ("tests/unit/spark_jobs/test_known.py", ["known"]),
        ("components/learning/known.py", ["known", "--type", "command"]),
    ],
)
def test_a_name_that_is_taken_is_refused_and_what_is_there_stays_alone(
    repository: Path, capsys: pytest.CaptureFixture[str], taken: str, words: list[str]
) -> None:
    (repository / taken).parent.mkdir(parents=True)
    (repository / taken).write_text("mine")
    assert main(["new", "step", *words]) == 2
    assert "exists already; choose another name" in capsys.readouterr().err
    assert files_in(repository) == [taken]
    assert (repository / taken).read_text() == "mine"
