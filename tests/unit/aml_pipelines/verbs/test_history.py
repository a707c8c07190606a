"""`history` keeps all runs in one table, which Spark and others read, and says what is unusual."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from aml_pipelines.__main__ import main
from tests.lake_and_target import LakeAndTarget

if TYPE_CHECKING:
    from pathlib import Path

VALID = {"rows_in": 100, "rows_out": 95, "set_aside": {"quarantined": 5}}
PRICES = """
currency: EUR
vcore_hour: {standard_e4s_v3: 0.15}
nodes: {spark: {instance_type: standard_e4s_v3, vcores: 12}}
"""


class Lake(LakeAndTarget):
    """A lake with records of runs of the pipeline `data`, and its target."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.table = self.folder / "history" / "runs.parquet"

    def ran(self, day: int, seconds: float = 20.0, *, reused: bool = False) -> Path:
        """Leave the record of a run on a day of November 2026."""
        receipt = {"dataset": "rides", "tables": {"rides/valid": VALID}}
        clean = {"type": "spark", "status": "Completed", "reused": reused, "receipt": receipt}
        file = self.folder / "runs" / f"202611{day:02}_data" / "run.json"
        file.parent.mkdir(parents=True)
        told = {"pipeline": "data", "started": f"2026-11-{day:02}T08:00:00+00:00"}
        nodes = {"clean": {**clean, "seconds": seconds}}
        file.write_text(json.dumps({**told, "inputs": {"dataset": "rides"}, "nodes": nodes}))
        return file

    def history(self, *words: str) -> int:
        return main(["history", *words, "--target", str(self.target)])

    def stored(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.table).to_pylist()
        return rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_a_row_of_the_table_is_a_node_of_a_run(lake: Lake) -> None:
    lake.ran(8)
    assert lake.history() == 0
    (row,) = lake.stored()
    started = row.pop("started")
    assert started.isoformat() == "2026-11-08T08:00:00+00:00"
    assert json.loads(row.pop("tables")) == {"rides/valid": VALID}
    assert list(row.items()) == [
        *(("run", "20261108_data"), ("pipeline", "data"), ("dataset", "rides")),
        *(("model_name", None), ("node", "clean"), ("type", "spark"), ("seconds", 20.0)),
        *(("status", "Completed"), ("reused", False), ("table", "rides/valid")),
        *(("rows_in", 100), ("rows_out", 95), ("set_aside", '{"quarantined": 5}')),
    ]


def test_a_run_whose_record_is_gone_stays_in_the_table(lake: Lake) -> None:
    gone = lake.ran(7)
    lake.history()
    gone.unlink()
    lake.ran(8)
    lake.history()
    before = lake.table.read_bytes()
    lake.history()  # and once more changes nothing
    assert [row["run"] for row in lake.stored()] == ["20261107_data", "20261108_data"]
    assert lake.table.read_bytes() == before


def test_a_run_that_went_on_is_told_anew(lake: Lake) -> None:
    file = lake.ran(8)
    ended = file.read_text()
    file.write_text(ended.replace("Completed", "Running"))
    lake.history()
    file.write_text(ended)
    lake.history()
    assert [row["status"] for row in lake.stored()] == ["Completed"]


def test_the_newest_run_is_held_against_those_before_it(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in range(1, 6):
        lake.ran(day)
    assert lake.history("data", "--last", "1") == 0
    assert "not known: 4 runs before, of 5" in capsys.readouterr().out
    lake.ran(6, seconds=90)
    assert lake.history("data", "--last", "1") == 1
    printed = capsys.readouterr().out
    assert "20261106_data" in printed
    assert "20261105_data" not in printed
    assert "quarantined 5" in printed
    assert "seconds 90, usually 20" in printed
    lake.ran(7)
    assert lake.history("data", "--last", "2") == 0  # of the newest run alone


def test_costs_are_there_with_prices_alone(lake: Lake, tmp_path: Path) -> None:
    lake.ran(8, seconds=1800)
    lake.ran(9, seconds=3, reused=True)
    lake.history()
    assert "cost" not in lake.stored()[0]
    prices = tmp_path / "prices.yml"
    prices.write_text(PRICES)
    lake.history("--prices", str(prices))
    costs = [(row["cost"], row["currency"]) for row in lake.stored()]
    assert costs == [(pytest.approx(0.9), "EUR"), (0, "EUR")]


def test_as_json_a_run_says_what_is_unusual(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    for day in range(1, 6):
        lake.ran(day)
    lake.ran(6, seconds=90)
    lake.history("--json", "--last", "1")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["node"], row["rows_out"], row["set_aside"]) == ("clean", 95, {"quarantined": 5})
    assert [(one["what"], one["value"], one["usual"]) for one in row["unusual"]] == [
        ("seconds", 90, 20)
    ]


def test_a_pipeline_that_never_ran_is_told_with_those_that_did(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.ran(8)
    assert lake.history("training") == 2
    assert "has no run of training; it has runs of data" in capsys.readouterr().err


def test_a_table_that_cannot_be_read_says_what_helps(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.ran(8)
    lake.table.parent.mkdir()
    lake.table.write_text("no Parquet")
    assert lake.history() == 1
    assert "runs.parquet: the table of runs cannot be read" in capsys.readouterr().err
    assert lake.table.read_text() == "no Parquet"
