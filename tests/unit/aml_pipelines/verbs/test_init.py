"""`init` refuses what it cannot draft from before anything starts, and overwrites nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.verbs import init
from conf.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let contracts and models be written to a folder, and no JVM be started."""
    for name in ("datasets", "models"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(init, "DATASETS", tmp_path / "datasets")
    monkeypatch.setattr(init, "MODELS", tmp_path / "models")
    monkeypatch.setattr(init, "REPOSITORY", tmp_path)
    monkeypatch.setattr(init, "profile_files", no_script)
    return tmp_path


def no_script(*_: object, **__: object) -> None:
    raise AssertionError("a JVM would have been started")


def asked(*words: str) -> int:
    parser = argparse.ArgumentParser()
    init.add_arguments(parser)
    return init.main(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Trips", "a.csv"], "dataset 'Trips': a name is lower-case letters, digits and under"),
        (["trips", "none.csv"], "none.csv: there is no such file"),
        (["trips", "*.none"], r"\*.none: there is no such file"),
        (["trips", "a.csv", "--model", "../x"], "model '../x': a name is letters, digits"),
        (["trips", "a.csv", "--target", "dev"], "target 'dev' is a workspace in Azure; init works"),
        (["trips", "a.csv", "x/b.csv"], "the files lie at different depths below"),
        (["trips", "empty.csv"], "empty.csv: is empty"),
        (["trips", "table"], "table: is a Delta table; init drafts from files: write its contract"),
        (["trips", "x"], "x: is a folder and no Delta table; name files"),
    ],
)
def test_what_cannot_be_drafted_from_is_refused_first(
    conf: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    own = conf / "own"
    for name, text in (("a.csv", "a\n1\n"), ("x/b.csv", "a\n1\n"), ("empty.csv", "")):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text)
    (own / "table" / "_delta_log").mkdir(parents=True)
    monkeypatch.chdir(own)
    with pytest.raises(UserError, match=message):
        asked(*words)


@pytest.mark.parametrize("taken", ["datasets/trips.yml", "models/trips_late.yml"])
def test_nothing_is_overwritten(conf: Path, taken: str) -> None:
    (conf / taken).write_text("mine")
    (conf / "a.csv").write_text("late\n1\n")
    with pytest.raises(UserError, match=f"{taken} is there; init overwrites nothing: remove it"):
        asked("trips", str(conf / "a.csv"), "--label", "late")
    assert (conf / taken).read_text() == "mine"
