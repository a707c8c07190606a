"""A crash between two tables: the same command again ends equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.crashes import Crash, Ends, crash, crashes_of
from tests.chaos.stages import Job

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.spark]


def test_after_a_crash_between_two_tables_the_same_command_ends_equal(tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    job = Job(tmp_path / "job")
    stage = job.undisturbed("data")
    chosen = Crash("data", "clean: after commit silver/crops/valid", 1, Ends.PROCESS)
    assert chosen in crashes_of(stage)
    outcome = crash(job, stage, chosen, tmp_path / "marks")
    assert outcome.first_code != 0, outcome.text
    assert outcome.second_code == 0, outcome.text
    assert outcome.differences == []
