"""`care` shows place by place what crashes left, removes what it shows, and waits for runs."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.locks import exclusive
from tests.e2e.lake_runs import REPOSITORY, make_lake

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.spark


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Return a lake with an empty table, and what five writers have left in it."""
    lake = make_lake(tmp_path)
    log = lake / "silver" / "trips" / "valid" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text('{"metaData":{"id":"trips"}}\n')
    for number in range(5):
        name = f"part-0000{number}-{uuid.UUID(int=number)}-c000.snappy.parquet"
        (log.parent / name).write_text("PAR1")
    return lake


def care(lake: Path, *words: str) -> int:
    return main(["care", f"--target={lake.parent / 'local.yml'}", *words])


def test_it_lists_then_removes_what_it_listed(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lake / "registry" / "blocks" / "blob").mkdir(parents=True)
    assert care(lake) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].split() == ["files", "of", "tables", "5", "20", "B"]
    assert listed[1:5] == [
        *(
            f"    silver/trips/valid/part-0000{n}-{uuid.UUID(int=n)}-c000.snappy.parquet"
            for n in range(3)
        ),
        "    and 2 more",
    ]
    assert "  staged blocks             0         0 B; 1 younger, left alone" in listed
    assert listed[-2:] == [
        "nothing names 5 files and folders with 20 B",
        "nothing was removed; to do it, add --remove",
    ]
    assert len(list(lake.rglob("part-*-0000000*"))) == 5
    assert care(lake, "--remove", "--older-than=0") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "removed 6 files and folders with 20 B"
    assert list(lake.rglob("part-*-0000000*")) == []
    assert list((lake / "registry" / "blocks").iterdir()) == []


def test_it_looks_at_the_tables_of_a_dataset_alone(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert care(lake, "trips", "--older-than=1", "--json") == 0
    nothing = {"count": 0, "bytes": 0, "younger": 5, "paths": []}
    told = {"removed": False, "places": {"files of tables": nothing}, "unread": {}}
    assert json.loads(capsys.readouterr().out) == told
    assert care(lake, "trip") == 1
    assert "there are no tables of ['trip'] in the lake; it has those of ['trips']" in (
        capsys.readouterr().err
    )


def test_it_says_of_which_table_it_knows_nothing(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = lake / "silver" / "trips" / "valid" / "_delta_log"
    (log / f"{0:020}.json").rename(log / f"{1:020}.json")
    assert care(lake, "--remove") == 0
    said = "  silver/trips/valid: not looked at: its log lacks a version between those that it has"
    assert said in capsys.readouterr().out.splitlines()
    assert len(list(lake.rglob("part-*-0000000*"))) == 5


def test_what_was_taken_back_after_a_restart_is_named_no_more(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lake / "settled.json").write_text(json.dumps({"boot": "an earlier one", "settled_ns": 0}))
    log = lake / "silver" / "trips" / "valid" / "_delta_log"
    name = f"part-00000-{uuid.UUID(int=0)}-c000.snappy.parquet"
    added = {"add": {"path": name, "size": 1000}}
    (log / f"{0:020}.json").write_text('{"commitInfo":{}}\n{"metaData":{"id":"trips"}}\n')
    (log / f"{1:020}.json").write_text(f'{{"commitInfo":{{}}}}\n{json.dumps(added)}\n')
    assert care(lake, "trips", "--json") == 0
    shown = capsys.readouterr()
    assert "is back at version 0" in shown.err
    assert json.loads(shown.out)["places"]["files of tables"]["count"] == 5


def test_it_waits_for_the_run_that_has_the_lake(tmp_path: Path) -> None:
    lake = make_lake(tmp_path)
    words = ["care", "--json", f"--target={tmp_path / 'local.yml'}"]
    with (
        exclusive(lake, {"pipelines": "data"}),
        subprocess.Popen(
            [sys.executable, "-m", "aml_pipelines", *words],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting,
    ):
        assert waiting.stderr
        said = waiting.stderr.readline()
        waiting.terminate()
    assert said.startswith(f"waiting for the lake {lake}, which is held by")
    assert '"pipelines": "data"' in said


@pytest.mark.parametrize("hours", ["-1", "nan"])
def test_an_age_before_now_is_no_age(hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["care", f"--older-than={hours}"]) == 2
    assert f"--older-than is {float(hours):g}; it is a number of hours, 0 or more" in (
        capsys.readouterr().err
    )


def test_in_azure_it_says_which_component_to_submit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["care", "--target=dev"]) == 2
    assert "python -m aml_pipelines submit care --target dev --set inputs.unchanged_since=" in (
        capsys.readouterr().err
    )
