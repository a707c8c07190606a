"""`try` judges a file in seconds, writes nothing, and says in a sentence what is wrong with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from tests.integration.pipelines_elsewhere import write_target

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.spark

GOOD = {"patient": 1, "age": 30, "sex": 1, "bmi": 20.5, "bp": 80, "progression": 7}
GOOD |= {f"s{number}": 1 for number in range(1, 7)}


@pytest.fixture
def target(tmp_path: Path) -> str:
    write_target(tmp_path)
    return f"--target={tmp_path / 'local.yml'}"


def patients(folder: Path, *changes: dict[str, object]) -> str:
    file = folder / "patients.jsonl"
    lines = [json.dumps({**GOOD, "patient": number, **c}) for number, c in enumerate(changes)]
    file.write_text("\n".join(lines))
    return str(file)


@pytest.mark.slow
def test_verdicts_rules_and_the_rows_that_break_them_are_shown(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = patients(tmp_path, {}, {"age": 130}, {"patient": 0}, {"bmi": "heavy", "age": -1}, {})
    before = sorted(tmp_path.rglob("*"))

    assert main(["try", "diabetes", file, target]) == 0
    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert shown[0] == (
        "diabetes: of 5 rows 2 are valid, 2 would be quarantined, 1 are duplicates of others"
    )
    assert "age_is_in_range 2" in shown
    assert any(line.startswith("age_is_in_range, bmi_is_a_double") for line in shown)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_program_reads_is_json_and_too_many_broken_rows_are_an_exit_code(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = patients(tmp_path, {}, {"age": 130}, {"age": 131})

    assert main(["try", "diabetes", file, "--json", "--whole", target]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdicts"] == {"valid": 1, "quarantined": 2, "duplicate": 0}
    assert found["broken_rules"] == {"age_is_in_range": 2}


def test_a_file_that_cannot_be_read_is_a_sentence(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "patients.jsonl.gz"
    cut.write_bytes(b"\x1f\x8b\x08\x00cut")

    assert main(["try", "diabetes", str(cut), target]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert said[0].startswith("patients.jsonl.gz: cannot be read as jsonl: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["diabetes", "none.jsonl"], "none.jsonl: there is no such file"),
        (["nothing", "none.jsonl"], "nothing"),
        (["diabetes", "none.jsonl", "--source=other"], "has no source 'other'"),
    ],
)
def test_what_is_not_there_is_said_at_once(
    words: list[str], said: str, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", *words, target]) == 2
    assert said in capsys.readouterr().err
