"""Crashes the main job at every point, and writes docs/faults.md: python -m tests.chaos."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.progress import track

from aml_pipelines.execution.record import git_commit
from conf.target import REPOSITORY
from tests.chaos.crashes import Crash, Ends, Outcome, alike
from tests.chaos.page import PAGE, page
from tests.chaos.worker import Worker, begin, crash_here

if TYPE_CHECKING:
    from pathlib import Path

# Plan and outcomes of one commit: a command that was cut off is taken up by the next one.
KEPT = REPOSITORY / ".cache" / "chaos"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every n-th crash")
    parser.add_argument("--workers", type=int, default=2, help="crashes at once")
    options = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    plan = _plan(KEPT / f"{git_commit()}.plan.json")
    file = KEPT / f"{git_commit()}.jsonl"
    done = {outcome.crash: outcome for outcome in _read(file)}
    tried = list(dict.fromkeys(plan.values()))
    chosen = [each for each in tried[:: options.every] if each not in done]
    with ProcessPoolExecutor(
        min(options.workers, len(chosen)) or 1, multiprocessing.get_context("spawn"), begin
    ) as pool:
        begun = [pool.submit(crash_here, each) for each in chosen]
        for ended in track(as_completed(begun), description="crashes", total=len(chosen)):
            outcome = ended.result()
            done[outcome.crash] = outcome
            with file.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(asdict(outcome)) + "\n")
            if not outcome.is_equal:
                print(f"{outcome.crash}: {outcome.differences}\n{outcome.text}")
    outcomes = {each: done[each] for each in tried if each in done}
    PAGE.write_text(page(plan, outcomes), "utf-8")
    unequal = sum(not outcome.is_equal for outcome in outcomes.values())
    print(f"wrote {PAGE.name}; {unequal} of {len(outcomes)} crashes did not end equal")
    return 1 if unequal else 0


def _plan(file: Path) -> dict[Crash, Crash]:
    """Return each crash that can be, with the one that is tried for it, as one run showed them."""
    if not file.is_file():
        worker = Worker()
        found = [pair for stage in worker.stages.values() for pair in alike(stage).items()]
        worker.stop()
        file.write_text(json.dumps([[asdict(each), asdict(tried)] for each, tried in found]))
    told = json.loads(file.read_text("utf-8"))
    return {_crash_of(each): _crash_of(tried) for each, tried in told}


def _read(file: Path) -> list[Outcome]:
    if not file.is_file():
        return []
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    return [Outcome(**{**told, "crash": _crash_of(told["crash"])}) for told in lines]


def _crash_of(told: dict[str, Any]) -> Crash:
    return Crash(**{**told, "ends": Ends(told["ends"])})


if __name__ == "__main__":
    sys.exit(main())
