"""A quarantined row is repaired by a submitted job, as it is in Azure, and is valid afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.lake_runs import DIABETES, Ended, command, make_lake, receipt, rows_of, run
from tests.e2e.served import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
COPY = "repaired/diabetes/a.jsonl"


def test_a_repaired_copy_that_a_job_brings_in_is_judged_by_the_next_run(tmp_path: Path) -> None:
    lake = make_lake(tmp_path)
    target = lake.parent / "local.yml"
    assert command("sample", "diabetes", f"--target={target}").returncode == 0
    (history,) = (lake / "raw" / "diabetes" / "history").glob("*.jsonl")
    first = json.loads(history.read_text().partition("\n")[0])
    with history.open("a") as opened:
        opened.write(json.dumps(first | {"patient": 9999, "bmi": "heavy"}) + "\n")
    before = data(lake)
    assert quarantined(lake) == [9999]

    originals = tmp_path / "broken.jsonl"
    told = command("replay", "diabetes", f"--originals={originals}", f"--target={target}")
    assert told.returncode == 0, told.stderr
    (original,) = map(json.loads, originals.read_text().splitlines())
    file = lake / COPY
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(original | {"bmi": "31.5"}) + "\n")
    given = {"dataset": "diabetes", "file": COPY, "by": "Ada"}
    settings = [f"--set=inputs.{name}={value}" for name, value in given.items()]
    with serving(target, lake):
        words = ("--name=repair", "--wait", "--create-missing", f"--target={target}")
        submitted = command("submit", "repair", *settings, *words)
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr

    after = data(lake)
    assert quarantined(lake) == []
    assert valid(after) == valid(before) + 1
    (audited,) = rows_of(lake / "quarantine" / "diabetes" / "repaired")
    assert (audited["repaired_by"], audited["outcome"]) == ("Ada", "valid")


def data(lake: Path) -> Ended:
    ended = run(lake, "data", DIABETES[0])
    assert ended.code == 0, ended.text
    return ended


def valid(ended: Ended) -> int:
    rows: int = receipt(ended, "data", "clean")["tables"]["diabetes/valid"]["rows_out"]
    return rows


def quarantined(lake: Path) -> list[Any]:
    """Return the keys of rows that are in quarantine now."""
    return [row["patient"] for row in rows_of(lake / "quarantine" / "diabetes" / "rows")]
