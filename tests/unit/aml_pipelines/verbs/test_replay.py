"""`replay` writes quarantined rows to be repaired, and refuses what it cannot take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aml_pipelines.__main__ import main
from tests.lake_and_target import LakeAndTarget

if TYPE_CHECKING:
    from pathlib import Path


class Lake(LakeAndTarget):
    """A lake with a table of quarantined flights, as Delta lays it out, and its target."""

    def quarantine(self, *rows: dict[str, Any]) -> None:
        table = self.folder / "quarantine" / "flights" / "rows"
        (table / "_delta_log").mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(list(rows)), table / "a.parquet")
        actions = [{"commitInfo": {"timestamp": 1}}, {"add": {"path": "a.parquet"}}]
        text = "".join(f"{json.dumps(action)}\n" for action in actions)
        (table / "_delta_log" / f"{0:020}.json").write_text(text)

    def replay(self, *words: str) -> int:
        return main(["replay", "flights", *words, "--target", str(self.target)])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_originals_are_written_as_they_are_repaired(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"carrier": "UA", "flight": "x", "_undeclared": '{"new":"ü"}'}
    lake.quarantine(
        {"_row_id": "f-1", "broken_rules": ["flight_is_a_int"], "original": json.dumps(columns)},
        {"_row_id": "f-2", "broken_rules": ["well_formed"], "original": 'UA,"7'},
    )
    file = tmp_path / "broken.jsonl"
    assert lake.replay("--originals", str(file)) == 0
    first, second = map(json.loads, file.read_text("utf-8").splitlines())
    rules = {"_row_id": "f-1", "broken_rules": ["flight_is_a_int"]}
    assert first == {**rules, "carrier": "UA", "flight": "x", "new": "ü"}
    assert second == {"_row_id": "f-2", "broken_rules": ["well_formed"], "original": 'UA,"7'}
    assert f"replay flights --repaired {file}" in capsys.readouterr().out


def test_a_lake_without_quarantined_rows_has_no_originals(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    assert lake.replay("--originals", str(file)) == 0
    assert file.read_text() == ""


@pytest.mark.parametrize("name", ["none.csv", "there.txt"])
def test_what_is_no_file_of_rows_is_refused(
    lake: Lake, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.txt").write_text("")
    assert lake.replay("--repaired", str(tmp_path / name)) == 2
    assert "it is a file of .csv or .jsonl" in capsys.readouterr().err
    assert not (lake.folder / "repaired").exists()
