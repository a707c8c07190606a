"""The commands of README, typed in order into a fresh copy of the repository, on all real data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[2]
README = REPOSITORY / "README.md"
# The command that runs this very test, and one that serves until it is interrupted: the loop of
# the workspace types that.
NOT_TYPED = ("make test", ".venv/bin/python -m aml_pipelines workspace")
# What the tests' own processes are given, and whoever reads README has not.
# A make within a make announces the folder that it leaves, after the last line of `run`.
OURS = ("PYTHONPATH", "PYSPARK", "REQUESTS_CA_BUNDLE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
# Not optimizing the JVM's code saves a minute here; Spark writes code for queries as anywhere.
JVM = {"SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1"}
FLIGHTS, DECEMBER = 336_776, 28_135


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def commands() -> list[str]:
    """Return the commands of README, without their comments, continued lines joined."""
    text = "\n".join(blocks("sh")).replace("\\\n", " ")
    typed = [line.partition("  #")[0].strip() for line in text.splitlines()]
    return [line for line in typed if line and not line.startswith(NOT_TYPED)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of all files that git tracks, with this environment but no lake."""
    folder = tmp_path_factory.mktemp("clone")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 # whichever git made the checkout
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, tracked):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    return folder


def type_in(clone: Path, command: str, *, keys: str = "") -> str:
    done = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=clone,
        input=keys,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith(OURS)} | JVM,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def newest_run(clone: Path, pipeline: str) -> dict[str, Any]:
    runs = sorted((clone / ".lake" / "runs").glob(f"*_{pipeline}/run.json"))
    found: dict[str, Any] = json.loads(runs[-1].read_text("utf-8"))
    return found


def tables(clone: Path, pipeline: str, node: str) -> dict[str, Any]:
    found: dict[str, Any] = newest_run(clone, pipeline)["nodes"][node]["receipt"]["tables"]
    return found


def test_the_readme_does_what_it_says_in_the_order_it_says_it(clone: Path) -> None:
    first, *others = commands()
    assert first == "make run"

    printed = type_in(clone, first)
    assert re.search(r"new champion: flights_late v1, test roc_auc 0\.\d{4} \[0\.\d{4}, ", printed)
    judged = json.loads(
        next((clone / ".lake" / "models").glob("*/decision.json")).read_text("utf-8")
    )["judgement"]["winner"]
    assert 0.6 < judged["low"] < judged["value"] < judged["high"] < 0.8
    assert f"{DECEMBER:,} scores of flights_late v1" in printed

    cleaned = tables(clone, "batch_inference", "clean")
    assert cleaned["flights/valid"]["rows_in"] == FLIGHTS
    assert cleaned["flights/valid"]["rows_out"] == FLIGHTS
    assert cleaned["weather/quarantine"]["rows_out"] == 1
    splits = tables(clone, "data", "split")
    assert splits["flights/train"]["rows_in"] == FLIGHTS - DECEMBER
    aside = splits["flights/train"]["set_aside"]
    assert splits["flights/train"]["rows_out"] + sum(aside.values()) == FLIGHTS - DECEMBER
    scored = tables(clone, "batch_inference", "write_scores")
    assert scored["flights/scores"]["rows_out"] == DECEMBER
    judged_days = f"flights: {DECEMBER:,} rows of 2013-12-01 to 2013-12-31 are not like before: "
    last = printed.splitlines()[-1]
    assert re.search(r"_monitoring, \d+\.\d s: ", last), last
    assert judged_days in last
    profiled = tables(clone, "monitoring", "profile")
    assert profiled["flights/profiles"]["rows_in"] == FLIGHTS

    again = type_in(clone, first)
    assert "champion stays: flights_late v1" in again
    assert "(0 newly registered)" in again
    assert tables(clone, "batch_inference", "clean") == cleaned
    assert tables(clone, "batch_inference", "write_scores") == scored
    assert tables(clone, "monitoring", "profile") == profiled
    assert again.splitlines()[-1].partition(" s: ")[2] == last.partition(" s: ")[2]
    for part, table in tables(clone, "data", "split").items():
        assert (table["id"], table["version"]) == (splits[part]["id"], 0)
    trained = newest_run(clone, "training")["nodes"]
    assert all(trained[f"train_{slot}"]["reused"] for slot in (1, 2, 3))

    for command in others:
        type_in(clone, command)
    for script in blocks("python"):
        shown = type_in(clone, "make shell", keys=script)
        assert "wind_speed_is_in_range" in shown
        assert "model_version" in shown
