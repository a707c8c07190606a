"""`make bench SIZE=small`: all ways of each piece of work that is measured have made the same."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conf.target import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

# Others' tools are in environments that `make bench` installs and `make test` does not.
COMPARED = {
    ("data pipeline, cold", "notebook style"),
    ("data pipeline, cold", "floor: parse, one Delta write"),
    ("clean by 16 rules", "the same write without rules"),
    ("clean by 64 rules", "the same write without rules"),
    ("scoring, tree model", "mlflow.pyfunc.spark_udf"),
    ("write-back of scores", "plain overwrite"),
    ("executor", "1 node"),
    ("plan", "nothing"),
}
# What the year's flights, one in 120 of them, twice, are: of January to November.
ROWS = "5,156"


def test_all_ways_make_the_same_and_the_page_says_what_they_cost(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    words = ["--size=small", f"--page={page}", f"--kept={tmp_path / 'kept'}"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    text = page.read_text("utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "figures of `SIZE=small`" in text
    # What a cold JVM takes is not measured without its archive of classes, as no run goes without.
    assert "shared archive" not in done.stdout + done.stderr
    lines = [line.split(" | ") for line in re.findall(r"^\| (.+) \|$", text, re.MULTILINE)]
    assert {(line[0], line[2]) for line in lines if len(line) == 8} >= COMPARED
    costs = {line[1]: line for line in lines if len(line) == 11}
    for way in ("data pipeline", "notebook style", "plain overwrite", "mlflow.pyfunc.spark_udf"):
        _, _, rows, *figures = costs[way]
        assert rows == ROWS
        assert min(float(figure.replace(",", "")) for figure in figures) > 0, way
