"""`care` shows place by place what crashes left, removes what it shows, and waits for runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from aml_pipelines.__main__ import main
from aml_pipelines.locks import exclusive
from aml_pipelines.workspace.assets.kinds import DATA
from aml_pipelines.workspace.store.versions import Versions
from assets.mltables import write_mltable
from tests.e2e.lake_runs import REPOSITORY, make_lake

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.spark
A_DAY = 86_400


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


def test_old_versions_are_listed_then_removed_but_not_one_that_an_mltable_names(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = lake / "silver" / "trips" / "valid" / "_delta_log"
    names = [f"part-0000{n}-{uuid.UUID(int=n)}-c000.snappy.parquet" for n in range(3)]
    long_ago = time.time() - 10 * A_DAY
    for version, name in enumerate(names, start=1):
        actions = [{"commitInfo": {}}, {"add": {"path": name, "size": 4}}]
        actions += [{"remove": {"path": gone}} for gone in names[version - 2 : version - 1]]
        commit = log / f"{version:020}.json"
        commit.write_text("".join(f"{json.dumps(action)}\n" for action in actions))
        os.utime(commit, (long_ago, long_ago))
    release = lake / "runs" / "r" / "publish" / "outputs" / "a train"
    release.mkdir(parents=True)
    write_mltable(str(release), table_uri=str(log.parent), version=1)
    stored = f"azureml://datastores/lake/paths/{release.relative_to(lake)}"
    asset = {"dataUri": stored, "dataType": "mltable"}
    Versions(lake, DATA).put_version("trips_train", "1", asset)

    assert care(lake, "trips", "--versions-older-than=11", "--json") == 0
    assert json.loads(capsys.readouterr().out)["places"]["old versions"]["count"] == 0
    assert care(lake, "--versions-older-than=9") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[3].split() == ["old", "versions", "1", "4", "B"]
    assert listed[4] == f"    silver/trips/valid/{names[1]}"
    assert (log.parent / names[1]).is_file()
    assert care(lake, "trips", "--versions-older-than=9", "--remove") == 0
    assert sorted(file.name for file in log.parent.glob("part-*")) == [names[0], names[2]]


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


@pytest.mark.parametrize("age", ["-1", "nan"])
@pytest.mark.parametrize(
    ("option", "unit"), [("--older-than", "hours"), ("--versions-older-than", "days")]
)
def test_an_age_before_now_is_no_age(
    option: str, unit: str, age: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["care", f"{option}={age}"]) == 2
    said = f"{option} is {float(age):g}; it is a number of {unit}, 0 or more"
    assert said in capsys.readouterr().err


def test_in_azure_it_says_which_component_to_submit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["care", "--target=dev"]) == 2
    assert "python -m aml_pipelines submit care --target dev --set inputs.unchanged_since=" in (
        capsys.readouterr().err
    )
