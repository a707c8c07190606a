"""Verbs on a target whose lake is in Azurite: raw files get there; what needs a folder says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.azurite import emulator
from aml_pipelines.azurite.lake import serving_lake
from tests.azurite_target import LAKE, azurite_target

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own, on import
]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return azurite_target(tmp_path)


@pytest.mark.slow
def test_files_are_brought_once_beside_a_sample_that_stays_as_it_is(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = target.parent / "rows" / "diabetes" / "history" / "patients.jsonl"
    rows.parent.mkdir(parents=True)
    rows.write_text("{}\n")
    upload = ["upload", str(target.parent / "rows"), "--target", str(target)]
    assert main(upload) == 0
    assert main(upload) == 0
    assert main(["sample", "diabetes", "--if-missing", "--target", str(target)]) == 0
    printed = capsys.readouterr().out
    assert "1 of 1 files sent, 0 were there" in printed
    assert "0 of 1 files sent, 1 were there" in printed
    assert f"diabetes: 1 files in {LAKE}/raw\n" in printed
    with serving_lake(LAKE, target.parent / "state") as lake:
        container = lake.container
        assert list(container.list_blob_names()) == [
            "raw/diabetes/batch/arrivals.jsonl",
            "raw/diabetes/history/patients.jsonl",
        ]
        stored = container.download_blob("raw/diabetes/history/patients.jsonl").readall()
        assert stored == b"{}\n"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["workspace", "--target", "TARGET"], 2, "is there only while 'run' is"),
        (["submit", "data", "--target", "TARGET"], 2, "is there only while 'run' is"),
        (
            ["sample", "diabetes", "--target", "dev"],
            2,
            "target 'dev' is in Azure; write the sample",
        ),
    ],
)
def test_a_verb_that_cannot_work_there_says_why(
    target: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    assert main([str(target) if word == "TARGET" else word for word in words]) == code
    assert told in capsys.readouterr().err


def test_without_azurite_a_run_names_the_command_that_installs_it(
    target: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "JARS", target.parent / "none")
    assert main(["sample", "diabetes", "--target", str(target)]) == 1
    assert capsys.readouterr().err == "Azurite is not installed here; run: make .venv/.azurite\n"
