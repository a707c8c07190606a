"""`health` prints what was judged last of each dataset, and its exit code says how grave it is."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aml_pipelines.__main__ import main
from conf.incident import IncidentEvent
from tests.lake_and_target import LakeAndTarget

if TYPE_CHECKING:
    from pathlib import Path

HEALTH = {
    "model_name": "rides_late",
    "model_version": "3",
    "first_day": "2026-11-01",
    "last_day": "2026-11-07",
    "rows": 1200,
    "measured": {},
    "silent": [],
}


class Lake(LakeAndTarget):
    """A lake with records of monitoring runs, and its target."""

    def judge(self, run: str, dataset: str, *levels: str, status: str = "Completed") -> None:
        """Leave the record of a run that found something of each level, gravest first."""
        findings = self.folder / "runs" / run / "judge_health" / "outputs" / "findings"
        findings.mkdir(parents=True)
        found = [{"level": level, "cause": f"cause {n}"} for n, level in enumerate(levels)]
        health = {**HEALTH, "dataset": dataset, "findings": found}
        (findings / "findings.json").write_text(json.dumps(health))
        node = {"status": status, "outputs": {"findings": str(findings)}, "receipt": None}
        record = {"started": f"{run[:10]}T08:00:00+00:00", "nodes": {"judge_health": node}}
        (self.folder / "runs" / run / "run.json").write_text(json.dumps(record))

    def write_scores(self, dataset: str, day: int) -> None:
        """Commit scores on a day of November 2026."""
        log = self.folder / "gold" / dataset / "scores" / "_delta_log"
        log.mkdir(parents=True)
        told = {"timestamp": (1793491200 + day * 86400) * 1000, "operation": "WRITE"}
        (log / f"{0:020}.json").write_text(json.dumps({"commitInfo": told}))

    def record(self, dataset: str, *events: IncidentEvent) -> None:
        """Write a table of incidents with these events."""
        table = self.folder / "gold" / dataset / "incidents"
        (table / "_delta_log").mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([asdict(e) for e in events]), table / "part.parquet")
        told = [
            {"commitInfo": {"timestamp": 0, "operation": "WRITE"}},
            {"add": {"path": "part.parquet"}},
        ]
        lines = "".join(f"{json.dumps(action)}\n" for action in told)
        (table / "_delta_log" / f"{0:020}.json").write_text(lines)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def health(lake: Lake, *words: str) -> int:
    return main(["health", *words, "--target", str(lake.target)])


@pytest.mark.parametrize(
    ("levels", "code"),
    [((), 0), (("warn", "warn"), 1), (("hold", "warn"), 2), (("retrain",), 2), (("roll_back",), 2)],
)
def test_the_exit_code_says_how_grave_the_gravest_finding_is(
    lake: Lake, levels: tuple[str, ...], code: int
) -> None:
    lake.judge("2026-11-08_monitoring", "rides", *levels)
    assert health(lake) == code


def test_the_newest_completed_run_of_each_dataset_is_told(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.judge("2026-11-07_monitoring", "rides", "hold")
    lake.judge("2026-11-08_monitoring", "rides", "warn")
    lake.judge("2026-11-09_monitoring", "rides", "roll_back", status="Failed")
    lake.judge("2026-11-06_monitoring", "trips")
    assert health(lake) == 1
    assert capsys.readouterr().out.splitlines() == [
        "trips: no findings on 1,200 rows of 2026-11-01 to 2026-11-07, scored by rides_late:3",
        "  judged at 2026-11-06T08:00:00+00:00 by run 2026-11-06_monitoring",
        "rides: 1 finding on 1,200 rows of 2026-11-01 to 2026-11-07, scored by rides_late:3",
        "  warn      cause 0",
        "  judged at 2026-11-08T08:00:00+00:00 by run 2026-11-08_monitoring",
    ]
    assert health(lake, "trips") == 0


def test_many_findings_take_ten_lines_and_later_scores_are_told(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.judge("2026-11-08_monitoring", "rides", *["hold"] * 9)
    lake.write_scores("rides", day=20)
    assert health(lake, "rides") == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[7] == "  and 3 more"
    assert lines[-1] == (
        "  scores were written since: python -m aml_pipelines run monitoring "
        "--set inputs.dataset=rides"
    )


def test_scores_from_before_the_run_are_no_news(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.judge("2026-11-08_monitoring", "rides")
    lake.write_scores("rides", day=3)
    health(lake)
    assert "since" not in capsys.readouterr().out


def test_open_incidents_and_batches_that_wait_are_told_though_nothing_is_found_now(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.judge("2026-11-08_monitoring", "rides")
    opened = IncidentEvent(
        *(1, "i1", 1, "opened", "2026-11-07", "r", "rides_late", "3", "nulls", "km", "all"),
        *("hold", "2026-11-07", "km is null", "{}"),
    )
    held = replace(opened, sequence=2, event="held", batch="b1")
    lake.record("rides", opened, held)
    assert health(lake) == 2
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "  1 incident is open, the oldest since 2026-11-07",
        "  scores of batch b1 are held: python -m aml_pipelines release b1",
    ]


def test_programs_get_all_of_it(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    lake.judge("2026-11-08_monitoring", "rides", *["hold"] * 9)
    assert health(lake, "--json") == 2
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert len(told["rides"]["health"]["findings"]) == 9
    assert (told["rides"]["run"], told["rides"]["is_outdated"]) == ("2026-11-08_monitoring", False)


@pytest.mark.parametrize("words", [[], ["rides"]])
def test_what_nobody_has_judged_is_not_well(
    lake: Lake, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    lake.judge("2026-11-08_monitoring", "trips", status="Failed")
    assert health(lake, *words) == 2
    assert "run monitoring --set inputs.dataset=" in capsys.readouterr().err
