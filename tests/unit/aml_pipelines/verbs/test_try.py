"""What `try` says of verdicts: rules that warn, rules that would fail, rules not looked at."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from aml_pipelines.__main__ import main
from aml_pipelines.verbs import try_
from spark_jobs.trial import BrokenRow, Trial

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FOUND = Trial(
    files=("a.csv",),
    rows=3,
    verdicts={"valid": 3, "quarantined": 0, "duplicate": 0},
    broken_rules={},
    warnings={"fare_is_in_range": 2},
    failing=(),
    unjudged=("enough_rows", "known_city"),
    examples=(),
    is_whole=True,
)


def said(
    trial: Trial, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Show a trial as if Spark had made it; return the exit code and the lines that are shown."""
    (folder / "a.csv").touch()
    monkeypatch.setattr(try_, "judge_files", lambda *_, **__: asdict(trial))
    code = main(["try", "airlines", str(folder / "a.csv")])
    return code, [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_warnings_and_rules_that_are_not_looked_at_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = said(FOUND, tmp_path, monkeypatch, capsys)
    assert code == 0
    assert [line for line in lines if line] == [
        ("airlines: of 3 rows 3 are valid, 0 would be quarantined, 0 are duplicates of others"),
        "not looked at, for they need what the lake has: enough_rows, known_city",
        "rule that warns valid rows that break it",
        "fare_is_in_range 2",
    ]


def test_a_rule_that_more_rows_break_than_tolerated_is_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = replace(
        FOUND,
        verdicts={"valid": 2, "quarantined": 1, "duplicate": 0},
        broken_rules={"has_a_carrier": 1},
        failing=("has_a_carrier",),
        examples=(BrokenRow(("has_a_carrier",), "?,3"),),
    )
    code, lines = said(trial, tmp_path, monkeypatch, capsys)
    assert code == 1
    assert "more rows than tolerated break has_a_carrier: clean would fail" in lines
    assert "has_a_carrier ?,3" in lines
