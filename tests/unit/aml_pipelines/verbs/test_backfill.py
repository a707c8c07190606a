"""`backfill` types one batch inference: a version of a model, a range of days."""

from __future__ import annotations

import pytest

from aml_pipelines.__main__ import main


def backfill(*words: str) -> int:
    return main(["backfill", "scores", *words])


def test_a_range_of_days_is_one_batch_inference(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("--from", "2013-11-01", "--to", "2013-11-30")
    assert backfill("--model", "flights_late:3", *days, "--dry-run") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split()[:5] == ["python", "-m", "aml_pipelines", "run", "batch_inference"]
    assert [word for word in line.split() if word.startswith("inputs.")] == [
        "inputs.dataset=flights",
        "inputs.source=history",
        "inputs.model_name=flights_late",
        "inputs.model_version=3",
        "inputs.first_day=2013-11-01",
        "inputs.last_day=2013-11-30",
    ]


def test_in_azure_it_is_submitted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_TENANT_ID"):
        monkeypatch.setenv(name, "x")
    days = ("--from", "2013-11-01", "--to", "2013-11-30")
    assert backfill("--model", "flights_late:3", *days, "--dry-run", "--target", "dev") == 0
    assert "aml_pipelines submit batch_inference --set" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("flights_late", "2013-11-01", "2013-11-30"), "names no version; write NAME:VERSION"),
        (("flights_late:x", "2013-11-01", "2013-11-30"), "such as flights_late:3"),
        (("flights_late:3", "1.11.2013", "2013-11-30"), "--from '1.11.2013' is no day"),
        (("flights_late:3", "2013-11-30", "2013-11-01"), "--to 2013-11-01 is before --from"),
        (("nobody:3", "2013-11-01", "2013-11-30"), "'nobody' is unknown"),
    ],
)
def test_what_is_no_version_or_no_range_is_refused(
    words: tuple[str, str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model, first, last = words
    assert backfill("--model", model, "--from", first, "--to", last) == 2
    assert said in capsys.readouterr().err
