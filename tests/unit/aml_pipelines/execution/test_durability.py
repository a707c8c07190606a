"""After the machine has stopped, a table is at its last version that is whole on the disk."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.execution import durability
from aml_pipelines.execution.durability import mend_after_restart, settle

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_000_000_000
BACK = (
    "{}/silver/trips is back at version 0: version 1 had not reached the disk when the machine "
    "stopped"
)
DATA = b"PAR1 some rows PAR1"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a lake with three commits: the first one was settled, then the machine restarted."""
    for version in range(3):
        commit(tmp_path, version)
    log = tmp_path / "silver/trips/_delta_log"
    os.utime(log / f"{0:020}.json", (LONG_AGO, LONG_AGO))
    restart(tmp_path, settled=LONG_AGO + 10)
    return tmp_path


def commit(lake: Path, version: int) -> None:
    table = lake / "silver/trips"
    (table / "_delta_log").mkdir(parents=True, exist_ok=True)
    name = f"day=1 2/part-{version}.parquet"
    (table / name).parent.mkdir(exist_ok=True)
    (table / name).write_bytes(DATA)
    added = {"path": name.replace(" ", "%20"), "size": len(DATA)}
    lines = [json.dumps({"commitInfo": {"operation": "WRITE"}}), json.dumps({"add": added})]
    (table / f"_delta_log/{version:020}.json").write_text("\n".join(lines))
    (table / f"_delta_log/.{version:020}.json.crc").write_bytes(b"crc")


def restart(lake: Path, *, settled: int) -> None:
    note = {"boot": "an earlier one", "settled_ns": settled * 1_000_000_000}
    (lake / "settled.json").write_text(json.dumps(note))


def commits(lake: Path) -> list[int]:
    return sorted(int(file.stem) for file in (lake / "silver/trips/_delta_log").glob("0*.json"))


def data_file(lake: Path, version: int) -> Path:
    return lake / f"silver/trips/day=1 2/part-{version}.parquet"


def commit_file(lake: Path, version: int) -> Path:
    return lake / f"silver/trips/_delta_log/{version:020}.json"


def test_what_is_whole_stays(state: Path) -> None:
    assert mend_after_restart(state, state) == []
    assert commits(state) == [0, 1, 2]


@pytest.mark.parametrize("rest", [b"", DATA[:9], DATA[:-4] + b"\0\0\0\0", None])
def test_commits_from_the_first_on_whose_data_are_not_whole_are_gone(
    state: Path, rest: bytes | None
) -> None:
    data_file(state, 1).unlink() if rest is None else data_file(state, 1).write_bytes(rest)
    assert mend_after_restart(state, state) == [BACK.format(state)]
    assert commits(state) == [0]
    assert mend_after_restart(state, state) == []


@pytest.mark.parametrize("rest", ["", '{"commitInfo": {}}\n{"add": {"pa', '{"add": 1', None])
def test_a_commit_that_is_not_whole_is_gone_with_those_after_it(
    state: Path, rest: str | None
) -> None:
    file = commit_file(state, 1)
    file.unlink() if rest is None else file.write_text(rest)
    assert mend_after_restart(state, state) == [BACK.format(state)]
    assert commits(state) == [0]


@pytest.mark.parametrize("gone", [(0,), (0, 1)])
def test_a_table_whose_first_commit_is_gone_is_not_there(
    tmp_path: Path, gone: tuple[int, ...]
) -> None:
    for version in range(3):
        commit(tmp_path, version)
    for version in gone:
        commit_file(tmp_path, version).unlink()
    restart(tmp_path, settled=LONG_AGO)
    (told,) = mend_after_restart(tmp_path, tmp_path)
    assert "silver/trips is not there yet: version 0" in told
    assert not (tmp_path / "silver/trips/_delta_log").exists()


def test_nothing_that_was_settled_is_touched(state: Path) -> None:
    data_file(state, 0).write_bytes(b"")
    assert mend_after_restart(state, state) == []
    assert commits(state) == [0, 1, 2]


def test_nothing_is_touched_while_the_machine_runs(state: Path) -> None:
    settle(state)
    commit(state, 3)
    data_file(state, 3).unlink()
    assert mend_after_restart(state, state) == []
    assert commits(state) == [0, 1, 2, 3]


def test_a_checkpoint_that_is_not_whole_is_gone_and_so_is_its_name(state: Path) -> None:
    log = state / "silver/trips/_delta_log"
    whole, torn = (log / f"{version:020}.checkpoint.parquet" for version in (1, 2))
    whole.write_bytes(DATA)
    torn.write_bytes(DATA[:5])
    (log / "_last_checkpoint").write_text('{"version": 2}')
    assert mend_after_restart(state, state) == []
    assert (whole.exists(), torn.exists()) == (True, False)
    assert not (log / "_last_checkpoint").exists()
    assert commits(state) == [0, 1, 2]


def test_commits_that_a_checkpoint_has_replaced_are_no_gap(state: Path) -> None:
    log = state / "silver/trips/_delta_log"
    (log / f"{1:020}.checkpoint.parquet").write_bytes(DATA)
    for version in (0, 1):
        commit_file(state, version).unlink()
    assert mend_after_restart(state, state) == []
    assert commits(state) == [2]


def test_checksums_of_what_may_be_cut_off_are_gone(state: Path) -> None:
    old = state / "silver/trips/_delta_log/.00000000000000000000.json.crc"
    os.utime(old, (LONG_AGO, LONG_AGO))
    mend_after_restart(state, state)
    assert [file.name for file in state.rglob(".*.crc")] == [old.name]


def test_a_lake_without_a_note_gets_one(tmp_path: Path) -> None:
    assert mend_after_restart(tmp_path, tmp_path) == []
    note = json.loads((tmp_path / "settled.json").read_text())
    assert note["boot"] == durability.boot()
    assert 0 < time.time_ns() - note["settled_ns"] < 60 * 10**9


def test_a_commit_is_whole_whatever_ends_a_line_in_its_texts(state: Path) -> None:
    # Statistics hold texts as they are, with Unicode's ends of lines.
    file = state / "silver/trips/_delta_log" / f"{2:020}.json"
    info = json.dumps({"commitInfo": {"key": "a\u2028b\x85c"}}, ensure_ascii=False)
    file.write_text(f"{info}\n{file.read_text()}")
    assert mend_after_restart(state, state) == []
    assert commits(state) == [0, 1, 2]
