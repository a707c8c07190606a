"""Some of the crashes of `make chaos`, one of each kind: the same command again ends equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.crashes import Crash, Ends, crash, crashes_of
from tests.chaos.stages import STAGES, Job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.stages import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.spark]

CHOSEN = (
    Crash("data", "clean: after commit silver/crops/valid", 1, Ends.BEFORE_THE_LOG),
    Crash("data", "publish_mltable: after data registration crops_train", 1, Ends.PROCESS),
    Crash("training", "register_model: before model registration crops_model", 1, Ends.WORKSPACE),
    Crash("batch_inference", "write_scores: before commit gold/crops/scores", 1, Ends.JVM),
    Crash("data", "clean: after commit silver/crops/valid", 1, Ends.MACHINE),
    Crash("batch_inference", "write_scores: after commit gold/crops/scores", 1, Ends.MACHINE),
)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="module")
def stages(job: Job) -> dict[str, Stage]:
    return {name: job.undisturbed(name) for name in STAGES}


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda chosen: f"{chosen.point}, {chosen.ends}")
def test_after_a_crash_the_same_command_ends_equal(
    job: Job, stages: dict[str, Stage], tmp_path: Path, chosen: Crash
) -> None:
    stage = stages[chosen.stage]
    assert chosen in crashes_of(stage)
    outcome = crash(job, stage, chosen, tmp_path / "marks")
    assert outcome.first_code != 0, outcome.text
    assert outcome.second_code == 0, outcome.text
    assert outcome.differences == []
