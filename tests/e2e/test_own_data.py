"""Files of a stranger's go from `init` to scores in two commands, with nothing else written."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.delta_logs import live_files
from tests.e2e.own_data import ALL, OwnData
from tests.rooms import REPOSITORY, copy_rooms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

# `make own-data` takes all; each is minutes, and one of them has most of what the others have.
CHOSEN = ALL if os.environ.get("OWN_DATA") == "all" else ALL[:1]
OURS = ("PYTHONPATH", "PYSPARK")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a copy of the rooms that a run needs, with this environment and no lake."""
    folder = copy_rooms(tmp_path_factory.mktemp("clone"))
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    yield folder
    type_in(folder, "jvm", "--stop")


def type_in(clone: Path, *words: str) -> str:
    done = subprocess.run(
        [".venv/bin/python", "-m", "aml_pipelines", *words],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def scores_of(clone: Path, name: str) -> pd.DataFrame:
    uri = str(clone / ".lake" / "gold" / name / "scores")
    return pd.concat([pd.read_parquet(file) for file in live_files(uri)])


@pytest.mark.parametrize("own", CHOSEN, ids=lambda own: own.name)
def test_files_go_to_scores_that_agree_with_the_outcomes_they_withhold(
    clone: Path, tmp_path: Path, own: OwnData
) -> None:
    withheld = own.write(tmp_path)
    history, batch = (str(tmp_path / own.pattern.format(kind)) for kind in ("history", "batch"))
    began = time.monotonic()
    said = type_in(
        clone, "init", own.name, history, "--batch", batch, "--label", own.label, *own.words
    )
    drafted = time.monotonic()
    assert " 0 would be quarantined" in said
    model = said.strip().rpartition("--model ")[2]
    said = type_in(clone, "run", "data", "training", "batch_inference", "--model", model)
    assert f"new champion: {model} v1" in said
    scores = scores_of(clone, own.name)
    assert len(scores) == len(withheld)
    type_in(clone, "profile", own.name, "--page", str(tmp_path / "profile.html"))
    assert "<svg" in (tmp_path / "profile.html").read_text("utf-8")
    right = own.agreement(scores, withheld)
    print(  # noqa: T201 # what `make own-data` is for
        f"{own.name}: init {drafted - began:.0f} s, to scores {time.monotonic() - drafted:.0f} s, "
        f"{len(scores):,} scores, {'error' if own.is_regression else 'right'} {right:.3g}"
    )
    assert right < own.worst if own.is_regression else right > own.worst
