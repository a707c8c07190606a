"""Crashes the main job at every point, and writes docs/faults.md: python -m tests.chaos."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.progress import track

from aml_pipelines.execution.forked.warm import stop_forks
from aml_pipelines.execution.jvm.kept import stop_kept_jvms
from aml_pipelines.execution.kept import FOLDER_VARIABLE
from aml_pipelines.execution.record import git_commit
from conf.target import REPOSITORY
from tests.chaos.crashes import Crash, Ends, Outcome, crash, crashes_of
from tests.chaos.page import PAGE, page
from tests.chaos.stages import STAGES, Job

# Those of one commit are taken up where a run of this command was cut off.
OUTCOMES = REPOSITORY / ".cache" / "chaos"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every n-th crash")
    every = parser.parse_args().every
    file = OUTCOMES / f"{git_commit()}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    done = {outcome.crash: outcome for outcome in _read(file)}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as jvms:
        os.environ[FOLDER_VARIABLE] = jvms  # no other run's JVM is to end
        place = Path(folder, "job")  # a part of names of points
        place.mkdir()
        job = Job(place)
        stages = {name: job.undisturbed(name) for name in STAGES}
        planned = [each for stage in stages.values() for each in crashes_of(stage)]
        chosen = [each for each in planned[::every] if each not in done]
        for each in track(chosen, description="crashes"):
            outcome = crash(job, stages[each.stage], each, Path(folder, "marks"))
            done[each] = outcome
            with file.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(asdict(outcome)) + "\n")
            if not outcome.is_equal:
                print(f"{each}: {outcome.differences}\n{outcome.text}")
        stop_kept_jvms()
        stop_forks()
    outcomes = [done[each] for each in planned if each in done]
    PAGE.write_text(page(outcomes, len(planned)), "utf-8")
    unequal = sum(not outcome.is_equal for outcome in outcomes)
    print(f"wrote {PAGE.name}; {unequal} of {len(outcomes)} crashes did not end equal")
    return 1 if unequal else 0


def _read(file: Path) -> list[Outcome]:
    if not file.is_file():
        return []
    lines = file.read_text("utf-8").splitlines()
    return [
        Outcome(
            **{**told, "crash": Crash(**{**told["crash"], "ends": Ends(told["crash"]["ends"])})}
        )
        for told in map(json.loads, lines)
    ]


if __name__ == "__main__":
    sys.exit(main())
