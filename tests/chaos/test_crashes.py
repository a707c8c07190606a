"""Some of the crashes of `make chaos`, one of each kind: the same command again ends equal."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.contents import contents_of, differences
from tests.chaos.crashes import Crash, Ends, crash, crashes_of
from tests.chaos.files import files_of, lasting, named_files, names_of_files
from tests.chaos.stages import DATASET, STAGES, Job

if TYPE_CHECKING:
    from tests.chaos.stages import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

NO_COMMIT = Crash("data", "clean: after commit silver/crops/valid", 1, Ends.BEFORE_THE_LOG)
REGISTERED = Crash("data", "publish_mltable: after data registration crops_train", 1, Ends.PROCESS)
NO_MODEL = Crash(
    "training", "register_model: before model registration crops_model", 1, Ends.WORKSPACE
)
NO_SCORES = Crash("batch_inference", "write_scores: before commit gold/crops/scores", 1, Ends.JVM)
CHOSEN = (
    *(NO_COMMIT, REGISTERED, NO_MODEL, NO_SCORES),
    Crash("data", "clean: after commit silver/crops/valid", 1, Ends.MACHINE),
    Crash("batch_inference", "write_scores: after commit gold/crops/scores", 1, Ends.MACHINE),
)
BATCH = f"raw/{DATASET}/batch/a.csv"
PUBLISHED = "published/*_data_publish_mltable"
# What `care` finds after a crash, and what more a lake then still has than without it.
LEFT = {
    NO_COMMIT: ["silver/crops/valid/part-0000*-*-c000.snappy.parquet"] * 4,
    REGISTERED: [f"{PUBLISHED}/test", f"{PUBLISHED}/validation"],
}
MODEL = (
    *("MLmodel", "conda.yaml", "decision.json", "input_example.json", "model.pkl"),
    *("python_env.yaml", "requirements.txt", "serving_input_example.json"),
)
NAMED = {
    REGISTERED: [f"{PUBLISHED}/train/{name}" for name in ("MLTable", "asset.json")],
    NO_MODEL: [f"models/*_training_compare/{name}" for name in MODEL],
    NO_SCORES: [
        f"published/*_batch_inference_publish_batch/batch/{name}"
        for name in ("MLTable", "asset.json")
    ],
}


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
    named = named_files(job.lake)
    if chosen.ends == Ends.MACHINE:
        job.care("--remove")  # what it left is by chance
    else:
        _tidy(job, stage, chosen)
    assert named_files(job.lake) == named
    assert differences(contents_of(job.lake), stage.after) == []


def _tidy(job: Job, stage: Stage, chosen: Crash) -> None:
    """Remove what the crash left, and exactly that."""
    before = files_of(job.lake)
    told = job.care("--remove") if chosen != NO_COMMIT else _listed_first(job)
    listed = [path for place in told["places"].values() for path in place["paths"]]
    assert sorted(re.sub(r"part-\d{5}", "part-0000*", lasting(path)) for path in listed) == (
        LEFT.get(chosen, [])
    )
    after = files_of(job.lake)
    checksums = [f"{path.rpartition('/')[0]}/.{path.rpartition('/')[2]}.crc" for path in listed]
    gone = {
        file
        for file in before
        if file in checksums or any(Path(file).is_relative_to(path) for path in listed)
    }
    assert before - after == gone
    more = names_of_files(job.lake) - stage.files
    assert sorted(more.elements()) == NAMED.get(chosen, [])
    assert stage.files - names_of_files(job.lake) == Counter()


def _listed_first(job: Job) -> dict[str, Any]:
    """List what the crash left, then remove it."""
    before = files_of(job.lake)
    listed = job.care()
    assert files_of(job.lake) == before
    told = job.care("--remove")
    assert (listed, told) == ({**told, "removed": False}, {**listed, "removed": True})
    return told


def test_after_what_a_crash_left_is_removed_the_next_run_works_and_nothing_is_found(
    job: Job, stages: dict[str, Stage]
) -> None:
    assert stages
    for words in (["run", "data", f"--model={DATASET}_model"], ["withdraw", DATASET, BATCH]):
        ended = job.command(*words)
        assert ended.code == 0, ended.text
    files = files_of(job.lake)
    told = job.care()
    assert [place["paths"] for place in told["places"].values() if place["paths"]] == []
    assert files_of(job.lake) == files
